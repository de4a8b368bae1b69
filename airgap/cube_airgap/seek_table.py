"""The seek table at a bundle's end: where each frame lies, by zstd's "seekable format" 0.1.0.

facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Self

from cube_airgap.errors import IntegrityError
from cube_airgap.zstd_frames import LARGEST_FRAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_SKIPPABLE_MAGIC = 0x184D2A5E
_SEEKABLE_MAGIC = 0x8F92EAB1
_HEAD = struct.Struct("<II")
_ENTRY = struct.Struct("<II")
_FOOTER = struct.Struct("<IBI")
_MOST_FRAMES = 0x8000000


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: where it lies in the file, and which content it holds; all in bytes."""

    offset: int
    size: int
    content_offset: int
    content_size: int


class SeekTable:
    """The frames of a bundle in order, found by content offset."""

    def __init__(self, sizes: Iterable[tuple[int, int]]) -> None:
        """`sizes` holds encoded size and content size of every frame."""
        encoded, content = array("Q", [0]), array("Q", [0])
        for encoded_size, content_size in sizes:
            encoded.append(encoded_size)
            content.append(content_size)
        self._offsets = array("Q", accumulate(encoded))
        self._content_offsets = array("Q", accumulate(content))

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @property
    def content_size(self) -> int:
        """Bytes of content in all frames together."""
        return self._content_offsets[-1]

    @property
    def encoded_size(self) -> int:
        """Bytes of all frames together, this table itself left out."""
        return self._offsets[-1]

    def frame(self, index: int) -> Frame:
        """The frame of that number."""
        offset, content = self._offsets, self._content_offsets
        return Frame(
            offset[index],
            offset[index + 1] - offset[index],
            content[index],
            content[index + 1] - content[index],
        )

    def covering(self, start: int, end: int) -> Iterator[Frame]:
        """The frames that hold the content from `start` up to `end`."""
        if start >= end:
            return
        for index in range(bisect_right(self._content_offsets, start) - 1, len(self)):
            frame = self.frame(index)
            if frame.content_offset >= end:
                return
            yield frame

    def encode(self) -> bytes:
        """The skippable frame that ends a bundle."""
        frames = (self.frame(index) for index in range(len(self)))
        entries = b"".join(_ENTRY.pack(frame.size, frame.content_size) for frame in frames)
        footer = _FOOTER.pack(len(self), 0, _SEEKABLE_MAGIC)
        return _HEAD.pack(_SKIPPABLE_MAGIC, len(entries) + len(footer)) + entries + footer

    @classmethod
    def read(cls, size: int, pread: Callable[[int, int], bytes]) -> Self:
        """Read the table of a file of `size` bytes; `pread` takes length and offset.

        The table is believed only where it agrees with itself and with the file's size.
        Raises IntegrityError.
        """
        if size < _HEAD.size + _FOOTER.size:
            raise _bad_table("the file is too short to have one")
        count, flags, magic = _FOOTER.unpack(pread(_FOOTER.size, size - _FOOTER.size))
        table_size = _HEAD.size + count * _ENTRY.size + _FOOTER.size
        if magic != _SEEKABLE_MAGIC or flags or count > _MOST_FRAMES or table_size > size:
            raise _bad_table("its last bytes are not a seek table's")
        table = pread(table_size, size - table_size)
        if _HEAD.unpack_from(table) != (_SKIPPABLE_MAGIC, table_size - _HEAD.size):
            raise _bad_table("the seek table does not begin where it says")
        entries = list(_ENTRY.iter_unpack(table[_HEAD.size : -_FOOTER.size]))
        if any(not 0 < number <= LARGEST_FRAME for entry in entries for number in entry):
            raise _bad_table("a frame in the seek table has an impossible size")
        found = cls(entries)
        if found.encoded_size + table_size != size:
            raise _bad_table("the seek table speaks of a file of another size")
        return found


def _bad_table(why: str) -> IntegrityError:
    return IntegrityError(
        f"this is not a whole bundle: {why}",
        remedy="the file was cut short or damaged on its way, or is no bundle: compare its size "
        "and sha256 with the one outside, and carry it again",
    )
