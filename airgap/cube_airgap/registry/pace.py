"""How fast a body has to come: a host that only drips is as broken as one that stopped."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import NetworkError
from cube_airgap.registry.faults import TemporaryFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Pace:
    """At least `least` bytes in each `seconds` of waiting, as curl's --speed-limit has it.

    A line of 64 kbit/s that many downloads share is faster. A proxy that scans a file for longer
    before it lets more than drops of it through is not, and cannot be told from a broken one.
    """

    least: int = 16 << 10
    seconds: float = 120.0

    def kept(
        self, read: Callable[[], bytes], host: str, clock: Callable[[], float] = time.monotonic
    ) -> Iterator[bytes]:
        """What `read` brings of `host`'s body, up to an empty piece.

        The time that whoever takes the pieces needs does not count. Raises TemporaryFault when it
        is too slow; all that came was given out then.
        """
        waited, came = 0.0, 0
        while True:
            began = clock()
            piece = read()
            waited += clock() - began
            came += len(piece)
            if not piece:
                return
            yield piece
            if waited < self.seconds:
                continue
            if came < self.least:
                raise TemporaryFault(_too_slow(host, came, waited))
            waited, came = 0.0, 0


def _too_slow(host: str, came: int, waited: float) -> NetworkError:
    return NetworkError(
        f"{host} sends too slowly: {came:,} bytes came in {waited:,.0f} seconds",
        remedy="check the line and any proxy on the way, or use another --mirror, then run the "
        "same command again: what is finished is kept",
    )
