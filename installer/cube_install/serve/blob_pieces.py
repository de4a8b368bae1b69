"""A part of a stored blob in pieces of a size that may change as they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cube_airgap.bundle import Bundle
    from cube_install.serve.exchange import BlobPart


def stored_pieces(
    bundle: Bundle, part: BlobPart, piece_size: Callable[[], int]
) -> Generator[bytes, None, None]:
    """The bytes of `part`; `piece_size` is asked before each piece.

    It has to say a power of two not above zstd_frames.FRAME_DATA, so that no piece lies in two
    frames. Raises AirgapError where the bundle does not give the bytes.
    """
    start = part.start
    while start < part.stop:
        size = piece_size()
        stop = min((start // size + 1) * size, part.stop)
        yield from bundle.read_blob(part.blob.descriptor, start, stop)
        start = stop
