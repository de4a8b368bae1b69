"""The seek table at a bundle's end: where each frame lies, by zstd's "seekable format" 0.1.0.

facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md.
"""

from __future__ import annotations

import struct
import sys
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
TABLE_MAGIC = _SKIPPABLE_MAGIC.to_bytes(4, "little")
_SEEKABLE_MAGIC = 0x8F92EAB1
_HEAD = struct.Struct("<II")
_FOOTER = struct.Struct("<IBI")
_ENTRY_SIZE = 8
MOST_FRAMES = 1 << 21
"""8 TiB in full frames; the table of a hostile file takes no more memory than 100 MB."""


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
        self._set(array("I", (number for pair in sizes for number in pair)))

    def _set(self, entries: array[int]) -> None:
        self._entries = entries
        self._offsets = array("Q", accumulate(entries[0::2], initial=0))
        self._content_offsets = array("Q", accumulate(entries[1::2], initial=0))

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
        entries = _little_endian(self._entries).tobytes()
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
        footer = pread(_FOOTER.size, size - _FOOTER.size)
        count = int.from_bytes(footer[:4], "little")
        table_size = _HEAD.size + count * _ENTRY_SIZE + _FOOTER.size
        is_footer = footer == _FOOTER.pack(count, 0, _SEEKABLE_MAGIC)
        if not is_footer or count > MOST_FRAMES or table_size > size:
            raise _bad_table("its last bytes are not a seek table's")
        table = pread(table_size, size - table_size)
        if len(table) != table_size or not table.startswith(
            _HEAD.pack(_SKIPPABLE_MAGIC, table_size - _HEAD.size)
        ):
            raise _bad_table("the seek table does not begin where it says")
        found = cls._of_entries(table[_HEAD.size : -_FOOTER.size])
        if found.encoded_size + table_size != size:
            raise _bad_table("the seek table speaks of a file of another size")
        return found

    @classmethod
    def _of_entries(cls, encoded: bytes) -> Self:
        entries = _little_endian(array("I", encoded))
        if entries and not (min(entries) > 0 and max(entries) <= LARGEST_FRAME):
            raise _bad_table("a frame in the seek table has an impossible size")
        found = cls(())
        found._set(entries)
        return found


def _little_endian(entries: array[int]) -> array[int]:
    """`entries` as a little-endian machine has them in memory, or the way back."""
    if sys.byteorder == "little":
        return entries
    swapped = array("I", entries)
    swapped.byteswap()
    return swapped


def _bad_table(why: str) -> IntegrityError:
    return IntegrityError(
        f"this is not a whole bundle: {why}",
        remedy="the file was cut short or damaged on its way, or is no bundle: compare its size "
        "and sha256 with the one outside, and carry it again",
    )
