"""Blobs in memory that note what they are asked for, and go wrong where a test wants it."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from cube_airgap.descriptor import Descriptor

PIECE = 1 << 20


@dataclass
class Asked:
    """One read of a blob: the range that was asked for, and how far it was read."""

    digest: Digest
    start: int
    end: int
    read_to: int


def noise(size: int, seed: int) -> bytes:
    """`size` bytes that do not compress, always the same for one seed."""
    chance = random.Random(seed)
    return b"".join(chance.randbytes(min(PIECE, size - at)) for at in range(0, size, PIECE))


def prose(size: int, seed: int) -> bytes:
    """`size` bytes that compress well, always the same for one seed."""
    line = b"".join(b"line %d of seed %d, and so on\n" % (n, seed) for n in range(5000))
    return (line * (size // len(line) + 1))[:size]


class MemorySource:
    """A BlobSource of `blobs`.

    `on_piece` sees each piece before it is given out, with its blob's digest and its offset: it may
    change it, wait, or raise. A blob that is not there fails the test.
    """

    def __init__(self, blobs: Iterable[bytes]) -> None:
        self.blobs = {Digest.of(blob): blob for blob in blobs}
        self.asked: list[Asked] = []
        self.on_piece: Callable[[Digest, int, bytes], bytes] = lambda _digest, _offset, piece: piece
        self._lock = threading.Lock()

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        data = self.blobs[blob.digest]
        assert blob.size == len(data)
        stop = len(data) if end is None else end
        assert 0 <= start <= stop <= len(data)
        asked = Asked(blob.digest, start, stop, start)
        with self._lock:
            self.asked.append(asked)
        for offset in range(start, stop, PIECE):
            piece = self.on_piece(blob.digest, offset, data[offset : min(offset + PIECE, stop)])
            asked.read_to += len(piece)
            yield piece

    def starts(self, blob: bytes) -> list[int]:
        """Where the reads of `blob` began, in order of time."""
        return [one.start for one in self.asked if one.digest == Digest.of(blob)]
