"""What is wrong with a file that was looked into, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error leaves a part of the tree unread; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Problem:
    """A file, a line counted from 1 (0: the file as a whole), what is wrong there, what to do."""

    file: str
    line: int
    severity: Severity
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.what}"
