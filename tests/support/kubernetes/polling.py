"""Waiting for what others do in a cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")
_SECONDS = 60


def eventually(look: Callable[[], Found | None]) -> Found:
    """What `look` finds in the end; it fails after a minute."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen")
