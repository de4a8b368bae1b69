"""One thing that verifying a bundle brought to light."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """What is wrong."""

    DAMAGED = "damaged"
    ABSENT = "listed but absent"
    UNLISTED = "present but unlisted"
    MISPLACED = "not in its place"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, order=True)
class Finding:
    """A problem, the member or image that has it, and what was seen."""

    problem: Problem
    subject: str
    detail: str = ""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.problem}: {self.subject}{detail}"
