"""Reading something long that may break: the next try goes on inside it, where the last one was."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.retries import Attempts, Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

# Less than this much between two faults does not count as progress, else a host that breaks every
# connection early could be asked for ever.
_PROGRESS = 1 << 20


def resumed(
    read: Callable[[int], Generator[bytes, None, None]],
    start: int,
    end: int | None,
    retries: Retries,
) -> Generator[bytes, None, None]:
    """The bytes from offset `start` up to `end`, or to where `read`, from an offset on, ends.

    Raises AirgapError.
    """
    position = start
    attempts = Attempts(retries)
    while end is None or position < end:
        begin = position
        try:
            with closing(read(position)) as pieces:
                for piece in pieces:
                    position += len(piece)
                    yield piece
            if end is None:
                return
        except TemporaryFault as fault:
            if position - begin >= _PROGRESS:
                attempts.progressed()
            if position != end:
                attempts.failed(fault)
