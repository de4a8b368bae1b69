"""How long a component may take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Deadline:
    """`seconds` from the moment it is made."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """How many seconds are left; 0.0 when it is past."""
        return max(0.0, self.began + self.seconds - time.monotonic())

    @property
    def is_past(self) -> bool:
        """Whether no time is left."""
        return self.left <= 0

    @property
    def spent(self) -> float:
        """How many seconds went by."""
        return time.monotonic() - self.began
