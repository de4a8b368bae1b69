"""Things that are closed by leaving their `with` block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """A context manager that gives itself, and is closed at the end."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held. May be called more than once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
