"""A bundle as it is pushed: its blobs come in small steps, so that many uploads hold little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.catalogue import Encoding

if TYPE_CHECKING:
    from collections.abc import Generator

    from cube_airgap.bundle import Bundle
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest

_STEP = 512 << 10


class SteppedBundle:
    """A Content: of a stored blob at most 512 KiB are read at once, of others a whole frame."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.catalogue = bundle.catalogue

    def has(self, digest: Digest) -> bool:
        """Whether the bundle carries that blob or manifest."""
        return self._bundle.has(digest)

    def in_order(self) -> None:
        """Any order will do."""

    def manifest(self, digest: Digest) -> Manifest:
        """See content.Content."""
        return self._bundle.manifest(digest)

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """See image_source.BlobSource."""
        stop = blob.size if end is None else end
        listed = self.catalogue.by_digest.get(blob.digest)
        # To read part of a compressed frame is to decode all of it.
        is_stored = listed is not None and listed.encoding is Encoding.STORED
        step = _STEP if is_stored else max(stop - start, 1)
        for position in range(start, stop, step):
            yield from self._bundle.read_blob(blob, position, min(position + step, stop))
