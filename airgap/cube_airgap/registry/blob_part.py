"""A part of a blob as a request's body: read when it is sent, and hashed on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from hashlib import _Hash

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.image_source import BlobSource

# A socket's time-out is for one send, so that a send must not be more than a slow link takes in it.
_SEND = 256 << 10


class BlobPart:
    """The bytes of `blob` from `start` up to `end`; may be iterated again, from its first byte.

    The last bytes of the blob are given out only if all of it has its digest, so that no registry
    ever gets the whole of a damaged blob. `hasher` is fed with all before `start`, or with all up
    to `end` once the part was given out.
    """

    def __init__(self, source: BlobSource, blob: Descriptor, start: int = 0) -> None:
        """All from `start` on; see first() and rest()."""
        self._source = source
        self._blob = blob
        self._start = start
        self._end = blob.size
        self._before = blob.digest.hasher()
        self._told: Callable[[int], None] = lambda _position: None
        self.hasher: _Hash = self._before

    def telling(self, told: Callable[[int], None]) -> BlobPart:
        """The same, where `told` hears of the position in the blob before each send."""
        self._told = told
        return self

    def first(self, length: int) -> BlobPart:
        """The first `length` bytes of this part."""
        part = self._like(self._start, self._before)
        part._end = min(self._start + length, self._end)
        return part

    def rest(self, sent: BlobPart) -> BlobPart:
        """What comes after `sent`, the first part of this one, which was given out whole."""
        return self._like(sent._end, sent.hasher)

    @property
    def start(self) -> int:
        """The offset of its first byte in the blob."""
        return self._start

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[memoryview]:
        """Pieces of at most 256 KiB. Raises IntegrityError where the blob is damaged."""
        position = self._start
        hasher = self._before.copy()
        self._told(position)
        for piece in self._source.read_blob(self._blob, self._start, self._end):
            hasher.update(piece)
            if position + len(piece) == self._blob.size:
                self._check(hasher)
            view = memoryview(piece)
            for offset in range(0, len(view), _SEND):
                yield view[offset : offset + _SEND]
                self._told(position + min(offset + _SEND, len(view)))
            position += len(piece)
        if position != self._end:
            raise self._damaged(f"it ends after {position:,} of {self._blob.size:,} bytes")
        if not self._blob.size:
            self._check(hasher)
        self.hasher = hasher

    def _like(self, start: int, hasher: _Hash) -> BlobPart:
        part = BlobPart(self._source, self._blob, start)
        part._before = part.hasher = hasher
        part._told = self._told
        return part

    def _check(self, hasher: _Hash) -> None:
        if hasher.hexdigest() != self._blob.digest.hex:
            raise self._damaged("its bytes do not have its digest")

    def _damaged(self, why: str) -> IntegrityError:
        return IntegrityError(
            f"blob {self._blob.digest} is damaged: {why}",
            remedy="verify the bundle, then carry it (or the damaged volume) again",
        )
