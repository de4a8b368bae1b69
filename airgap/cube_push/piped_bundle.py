"""A bundle that comes through a pipe, as it is pushed: each blob can be read once, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError, MissingError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from cube_airgap.bundle import Bundle
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest

_LARGEST_HELD = 8 << 20
AGAIN = "send the bundle again: what is in the registry by now is not sent once more"


class PipedBundle:
    """A Content. A blob of up to 8 MiB is held while it is sent, and so can be sent again."""

    def __init__(self, bundle: Bundle) -> None:
        """`bundle` is one that is received (see Bundle.receive)."""
        self._bundle = bundle
        self.catalogue = bundle.catalogue
        self._held: tuple[Digest, bytes] | None = None
        self._position: tuple[Digest, int] | None = None

    def has(self, digest: Digest) -> bool:
        """Whether the bundle carries that blob or manifest."""
        return self._bundle.has(digest)

    def manifest(self, digest: Digest) -> Manifest:
        """See content.Content."""
        return self._bundle.manifest(digest)

    def in_order(self) -> Iterator[Descriptor]:
        """See content.Content; the end of the bundle is looked at too."""
        for blob in self.catalogue.blobs:
            if self._bundle.content.broken:
                raise self._bundle.content.broken
            yield blob.descriptor
        if not self._bundle.content.ends_at(self._bundle.end):
            raise IntegrityError(
                "something follows the end of the bundle", remedy="verify the file that is sent"
            )

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """See image_source.BlobSource. Raises MissingError for what went by already."""
        stop = blob.size if end is None else end
        if blob.size <= _LARGEST_HELD:
            yield self._whole(blob)[start:stop]
            return
        digest, position = self._position or (None, 0)
        if start != (position if digest == blob.digest else 0):
            raise _passed(blob)
        for piece in self._bundle.read_blob(blob, start, stop):
            start += len(piece)
            self._position = (blob.digest, start)
            yield piece

    def _whole(self, blob: Descriptor) -> bytes:
        if self._held is None or self._held[0] != blob.digest:
            self._held = (blob.digest, b"".join(self._bundle.read_blob(blob)))
        return self._held[1]


def _passed(blob: Descriptor) -> MissingError:
    return MissingError(
        f"blob {blob.digest} was not taken at the first try, and what comes through a pipe cannot "
        "be read a second time",
        remedy=AGAIN,
    )
