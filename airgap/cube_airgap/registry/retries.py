"""The one layer in which anything is tried again: only what may pass, with growing waits."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from cube_airgap.registry.faults import TemporaryFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.registry.access import Patience

Result = TypeVar("Result")

# 500 is among them: registries answer so when their storage or database is overrun.
TEMPORARY_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


class Retries:
    """How often and after what waits a user wants to have things tried.

    Safe to use from several threads; stop() ends every wait.
    """

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every wait, and let every later fault be the last."""
        self._stopped.set()

    def run(self, operation: Callable[[], Result]) -> Result:
        """What `operation` returns, tried again on TemporaryFault. Raises AirgapError."""
        attempts = Attempts(self)
        while True:
            try:
                return operation()
            except TemporaryFault as fault:
                attempts.failed(fault)

    def wait(self, seconds: float) -> bool:
        """Wait, and tell whether to go on."""
        return not self._stopped.wait(seconds)


class Attempts:
    """The tries of one piece of work."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._failures = 0

    def progressed(self) -> None:
        """Something new came: the next fault is counted as the first."""
        self._failures = 0

    def failed(self, fault: TemporaryFault) -> None:
        """Wait before the next try, or raise the fault's error when there is none left."""
        patience = self._retries.patience
        self._failures += 1
        if self._failures >= patience.tries:
            raise fault.error from fault
        pause = patience.first_wait * 2 ** (self._failures - 1)
        # Workers that failed together shall not come back together.
        pause *= random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret
        if not self._retries.wait(min(max(pause, fault.wait or 0.0), patience.longest_wait)):
            raise fault.error from fault


def retry_after(text: str) -> float | None:
    """The seconds that a `Retry-After` header asks for, as a number or a date (RFC 9110, 10.2.3).

    None when it says nothing that can be understood.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - time.time())
