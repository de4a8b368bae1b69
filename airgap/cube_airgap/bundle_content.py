"""A bundle's content, the tar: at random from a file, or in order from a pipe."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from cube_airgap.errors import IntegrityError, UsageError
from cube_airgap.frame_stream import read_contents
from cube_airgap.seek_table import SeekTable
from cube_airgap.stored_frame import read_part
from cube_airgap.zstd_frames import damaged_frame, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from cube_airgap.bundle_file import BundleFile
    from cube_airgap.seek_table import Frame

_FRAMES_KEPT = 4


class BundleContent(Protocol):
    """The bytes of the tar."""

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """`length` bytes from `offset`. Raises IntegrityError where they cannot be had."""
        ...

    def ends_at(self, offset: int) -> bool:
        """Whether there is no content from `offset` on. May raise IntegrityError."""
        ...

    @property
    def broken(self) -> IntegrityError | None:
        """Why nothing more can be read, where that is so."""
        ...


class FileContent:
    """Any part of a bundle file, through its seek table. Safe for threads."""

    def __init__(self, file: BundleFile) -> None:
        """Read the seek table of `file`. Raises IntegrityError."""
        self._file = file
        try:
            self.table = SeekTable.read(file.size, file.pread)
        except IntegrityError as error:
            raise IntegrityError(f"{file.path}: {error.what}", remedy=error.remedy) from None
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """`length` bytes from `offset`, a frame at a time. Raises IntegrityError.

        Of a stored frame no more than that is read and held, of any other the whole frame.
        """
        end = offset + length
        if end > self.table.content_size:
            raise damaged_frame(f"is missing: content ends before byte {end}")
        for frame in self.table.covering(offset, end):
            start = max(offset - frame.content_offset, 0)
            stop = min(end - frame.content_offset, frame.content_size)
            if start == 0 and stop == frame.content_size:
                yield self._decoded(frame)
            else:
                part = read_part(self._file.pread, frame, start, stop)
                yield self._kept_content(frame)[start:stop] if part is None else part

    def _kept_content(self, frame: Frame) -> bytes:
        """The frame's content; a few are kept, since many small members share a frame."""
        with self._lock:
            content = self._kept.get(frame.offset)
        if content is None:
            content = self._decoded(frame)
        with self._lock:
            self._kept[frame.offset] = content
            self._kept.move_to_end(frame.offset)
            if len(self._kept) > _FRAMES_KEPT:
                self._kept.popitem(last=False)
        return content

    def _decoded(self, frame: Frame) -> bytes:
        return decode(self._file.pread(frame.size, frame.offset), frame.content_size)

    def ends_at(self, offset: int) -> bool:
        """Whether there is no content from `offset` on."""
        return self.table.content_size <= offset

    @property
    def broken(self) -> None:
        """Damage at one place does not keep the rest from being read."""


class PipeContent:
    """A bundle as it streams by: offsets may only grow, and one frame is kept."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read frames from `stream`, which this object does not close."""
        self._contents = read_contents(stream)
        self._content = b""
        self._start = 0
        self.broken: IntegrityError | None = None

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """`length` bytes from `offset`, which lies in the last piece's frame or behind it.

        Raises IntegrityError where they cannot be had, and UsageError where they were passed.
        """
        end = offset + length
        while offset < end:
            if not self._reach(offset):
                raise damaged_frame(f"is missing: content ends before byte {end}")
            piece = self._content[offset - self._start : end - self._start]
            offset += len(piece)
            yield piece

    def ends_at(self, offset: int) -> bool:
        """Whether there is no content from `offset` on; True only if the seek table is right."""
        return not self._reach(offset)

    def _reach(self, offset: int) -> bool:
        """Read on to the frame that holds the byte at `offset`; False where the content ends."""
        if offset < self._start:
            raise UsageError(
                "a bundle that comes from a pipe can be read in order only",
                remedy="save it to a file, and give that file's path",
            )
        while offset >= self._start + len(self._content):
            if not self._next_frame():
                return False
        return True

    def _next_frame(self) -> bool:
        if self.broken:  # where the next frame's content belongs is not known any more
            raise IntegrityError(self.broken.what, remedy=self.broken.remedy)
        try:
            content = next(self._contents, None)
        except IntegrityError as error:
            self.broken = error
            raise
        if content is None:
            return False
        self._start += len(self._content)
        self._content = content
        return True


class KeptContent(PipeContent):
    """A bundle as it streams by, of which some parts are kept and can be had again."""

    def __init__(self, stream: BinaryIO) -> None:
        """Keep everything until keep_only() says what is wanted."""
        super().__init__(stream)
        self._kept: list[tuple[int, bytes]] = []
        self._ranges: tuple[tuple[int, int], ...] | None = None

    def keep_only(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Keep the frames that hold some of `ranges`, each from an offset up to another."""
        self._ranges = tuple(ranges)
        self._kept = [frame for frame in self._kept if self._is_wanted(*frame)]

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """As PipeContent.pieces(); what is kept can be had whenever it is wanted."""
        end = offset + length
        while offset < min(end, self._start):
            piece = self._kept_piece(offset, end)
            if piece is None:
                break  # which is an error then
            offset += len(piece)
            yield piece
        yield from super().pieces(offset, end - offset)

    def _kept_piece(self, offset: int, end: int) -> bytes | None:
        number = bisect_right(self._kept, offset, key=lambda frame: frame[0]) - 1
        if number < 0:
            return None
        start, content = self._kept[number]
        return content[offset - start : end - start] or None

    def _next_frame(self) -> bool:
        if not super()._next_frame():
            return False
        if self._is_wanted(self._start, self._content):
            self._kept.append((self._start, self._content))
        return True

    def _is_wanted(self, start: int, content: bytes) -> bool:
        if self._ranges is None:
            return True
        return any(first < start + len(content) and start < end for first, end in self._ranges)
