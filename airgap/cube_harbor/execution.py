"""Work that Harbor does in the background, and waiting for its end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from cube_airgap.errors import Interrupted, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.registry.retries import Retries


class Execution(Protocol):
    """A run of something; `status` is Harbor's word for how it stands."""

    @property
    def status(self) -> str:
        """Harbor's word."""
        ...

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        ...


Run = TypeVar("Run", bound=Execution)


@dataclass(frozen=True)
class Deadline:
    """How long to wait in all, and how long between two questions; in seconds."""

    seconds: float
    first_pause: float = 1.0
    longest_pause: float = 30.0


def wait_until_finished(
    look: Callable[[], Run], deadline: Deadline, retries: Retries, what: str
) -> Run:
    """Ask `look` until the run is finished, however it ended.

    `what` names the run in errors. Raises NetworkError when the time is over, Interrupted when
    `retries` are stopped, and what `look` raises.
    """
    end = time.monotonic() + deadline.seconds
    pause = deadline.first_pause
    while not (run := look()).is_finished:
        left = end - time.monotonic()
        if left <= 0:
            raise NetworkError(
                f"{what} is not finished after {deadline.seconds:.0f} s; it is {run.status}",
                remedy="it goes on by itself; look at it in Harbor, or wait longer the next time",
            )
        if not retries.wait(min(pause, left)):
            raise Interrupted(f"waiting for {what} was stopped", remedy="it goes on by itself")
        pause = min(pause * 2, deadline.longest_pause)
    return run
