"""One thing that a look at Harbor brought to light before a load."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from cube_airgap.errors import AirgapError


class Severity(StrEnum):
    """What a finding means for the load."""

    ERROR = "error"  # it would fail
    WARNING = "warning"  # it may fail, or what was loaded may not be usable
    NOTE = "note"  # good to know


@dataclass(frozen=True)
class Finding:
    """What was found, and what to do about it; `remedy` is empty for some notes."""

    severity: Severity
    what: str
    remedy: str = ""

    @classmethod
    def of(cls, error: AirgapError) -> Self:
        """An error that a look ran into."""
        return cls(Severity.ERROR, error.what, error.remedy)

    def __str__(self) -> str:
        return f"{self.severity}: {self.what}"
