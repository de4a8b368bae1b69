"""How long a cluster is waited for, by what stands in the way."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.errors import AirgapError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """All times are in seconds.

    `outage` is for a server that is away or overrun, `webhook` for a webhook whose backend is not
    up, `served` for the API of a definition that was just applied, `outdated` for an object that
    others change at the same time.
    """

    connect: float = 10.0
    # The API server ends a request after 60 seconds by itself.
    read: float = 75.0
    outage: float = 60.0
    webhook: float = 60.0
    served: float = 15.0
    outdated: float = 5.0
    first_wait: float = 0.1
    longest_wait: float = 5.0

    def at_most(self, seconds: float) -> Self:
        """The same, but nothing is waited for longer than that, and answers thrice as long."""
        return replace(
            self,
            read=min(self.read, 3 * seconds),
            outage=min(self.outage, seconds),
            webhook=min(self.webhook, seconds),
            served=min(self.served, seconds),
            outdated=min(self.outdated, seconds),
        )


class PassingFault(Exception):  # noqa: N818 - not an error before all patience is used up
    """A fault that may pass. `error` is what to raise when it has not after `patience` seconds.

    `wait` is how many seconds the server asks to wait, or None. `is_lost` is set where the server
    may have done what it was asked for all the same.
    """

    def __init__(
        self,
        error: AirgapError,
        *,
        patience: float,
        wait: float | None = None,
        is_lost: bool = False,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.patience = patience
        self.wait = wait
        self.is_lost = is_lost


class Retries:
    """The one place in which requests are tried again, with growing waits.

    Safe to use from several threads; stop() ends every wait.
    """

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every wait, and let every later fault be the last."""
        self._stopped.set()

    def run(self, operation: Callable[[], Result]) -> Result:
        """What `operation` returns, tried again on PassingFault. Raises AirgapError.

        Patience counts from the first fault, so that a request which hung is sent once more.
        """
        started: float | None = None
        pause = self.patience.first_wait
        while True:
            try:
                return operation()
            except PassingFault as fault:
                now = time.monotonic()
                started = now if started is None else started
                left = started + fault.patience - now
                # Threads that failed together shall not come back together.
                wait = pause * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret
                wait = max(min(wait, left), fault.wait or 0.0)
                if left <= 0 or wait > left or self._stopped.wait(wait):
                    raise fault.error from fault
                pause = min(pause * 2, self.patience.longest_wait)
