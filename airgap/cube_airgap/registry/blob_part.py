"""A part of a blob as a request's body: read when it is sent, and hashed on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from hashlib import _Hash

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.image_source import BlobSource

# A socket's time-out is for one send, so that a send must not be more than a slow link takes in it,
# which other uploads share; whoever takes less is broken.
_SEND = 64 << 10


class BlobPart:
    """The bytes of `blob` from `start` up to `end`; may be iterated again, from its first byte.

    The last bytes of the blob are given out only if all of it has its digest, so that no registry
    ever gets the whole of a damaged blob. `hasher` is fed with all before `start`, or with all up
    to `end` once the part was given out.
    """

    def __init__(
        self,
        source: BlobSource,
        blob: Descriptor,
        told: Callable[[int], None],
        span: tuple[int, int] | None = None,
        hasher: _Hash | None = None,
    ) -> None:
        """All of `blob`; see first() and rest(). `told` hears of the position after each send."""
        self._source = source
        self._blob = blob
        self._told = told
        self.start, self.end = span or (0, blob.size)
        self._before = self.hasher = hasher or blob.digest.hasher()

    def first(self, length: int) -> BlobPart:
        """The first `length` bytes of this part."""
        return self._like(self.start, min(self.start + length, self.end), self._before)

    def rest(self, sent: BlobPart) -> BlobPart:
        """What comes after `sent`, the first part of this one, which was given out whole."""
        return self._like(sent.end, self.end, sent.hasher)

    def __len__(self) -> int:
        return self.end - self.start

    def __iter__(self) -> Iterator[memoryview]:
        """Pieces of at most 64 KiB. Raises IntegrityError where the blob is damaged."""
        position = self.start
        hasher = self._before.copy()
        self._told(position)
        for piece in self._source.read_blob(self._blob, self.start, self.end):
            hasher.update(piece)
            if position + len(piece) == self._blob.size:
                self._check(hasher)
            view = memoryview(piece)
            for offset in range(0, len(view), _SEND):
                yield view[offset : offset + _SEND]
                self._told(position + min(offset + _SEND, len(view)))
            position += len(piece)
        if position != self.end:
            raise self._damaged(f"it ends after {position:,} of {self._blob.size:,} bytes")
        self.hasher = hasher

    def _like(self, start: int, end: int, hasher: _Hash) -> BlobPart:
        return BlobPart(self._source, self._blob, self._told, (start, end), hasher)

    def _check(self, hasher: _Hash) -> None:
        if hasher.hexdigest() != self._blob.digest.hex:
            raise self._damaged("its bytes do not have its digest")

    def _damaged(self, why: str) -> IntegrityError:
        return IntegrityError(
            f"blob {self._blob.digest} is damaged: {why}",
            remedy="verify the bundle, then carry it (or the damaged volume) again",
        )
