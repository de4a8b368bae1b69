"""The blobs of a bundle in small steps, so that many uploads at once hold little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.catalogue import Encoding

if TYPE_CHECKING:
    from collections.abc import Generator

    from cube_airgap.bundle import Bundle
    from cube_airgap.descriptor import Descriptor

_STEP = 512 << 10


class SteppedSource:
    """A BlobSource: of a stored blob at most 512 KiB are read at once, of others a whole frame."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """See image_source.BlobSource."""
        stop = blob.size if end is None else end
        listed = self._bundle.catalogue.by_digest.get(blob.digest)
        # To read part of a compressed frame is to decode all of it.
        is_stored = listed is not None and listed.encoding is Encoding.STORED
        step = _STEP if is_stored else max(stop - start, 1)
        for position in range(start, stop, step):
            yield from self._bundle.read_blob(blob, position, min(position + step, stop))
