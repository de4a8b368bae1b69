"""Waiting for what others do in a cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")
# Namespaces take their time on a cluster whose kinds have just changed.
_SECONDS = 120


def eventually(look: Callable[[], Found | None]) -> Found:
    """What `look` finds in the end; it fails after two minutes."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen")
