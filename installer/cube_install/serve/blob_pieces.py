"""A served part of a blob in pieces, none larger than it has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.catalogue import Encoding

if TYPE_CHECKING:
    from collections.abc import Generator

    from cube_airgap.bundle import Bundle
    from cube_install.serve.exchange import BlobPart

STORED_PIECE = 512 << 10


def blob_pieces(bundle: Bundle, part: BlobPart) -> Generator[bytes, None, None]:
    """The bytes of `part`. Raises AirgapError where the bundle does not give them.

    Stored blobs come in pieces of STORED_PIECE, since any part of them can be read; others in
    pieces of a frame's content (zstd_frames.FRAME_DATA), which is decoded as a whole.
    """
    blob = part.blob.descriptor
    if part.blob.encoding is not Encoding.STORED:
        yield from bundle.read_blob(blob, part.start, part.stop)
        return
    start = part.start
    while start < part.stop:
        # Frames hold a whole number of pieces, so that none of these lies in two frames.
        stop = min((start // STORED_PIECE + 1) * STORED_PIECE, part.stop)
        yield from bundle.read_blob(blob, start, stop)
        start = stop
