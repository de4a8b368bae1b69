"""Blobs as they arrive through a pipe: each is sent at once to the first place that needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError
from cube_push.piped_bundle import AGAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cube_airgap.descriptor import Descriptor
    from cube_push.schedule import Delivery, Schedule


class Arrivals:
    """Walks through `blobs`, the only order in which they can be had; run() is for one thread.

    `broken` is why they ended early, if they did.
    """

    def __init__(
        self,
        blobs: Iterator[Descriptor],
        schedule: Schedule,
        deliver: Callable[[Delivery], None],
    ) -> None:
        self._blobs = blobs
        self._schedule = schedule
        self._deliver = deliver
        self.broken: IntegrityError | None = None

    def run(self) -> None:
        """Send what is needed and pass over the rest, to the end."""
        try:
            for blob in self._blobs:
                if self._schedule.stopped:
                    return
                delivery = self._schedule.arrived(blob.digest)
                if delivery is not None:
                    self._deliver(delivery)
        except IntegrityError as error:
            self.broken = IntegrityError(error.what, remedy=AGAIN)
        finally:
            self._schedule.arrivals_ended()
