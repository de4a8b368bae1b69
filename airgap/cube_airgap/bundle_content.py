"""A bundle's content, the tar: at random from a file, or in order from a pipe."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from cube_airgap.errors import AirgapError, IntegrityError, UsageError
from cube_airgap.frame_stream import read_contents
from cube_airgap.seek_table import SeekTable
from cube_airgap.stored_frame import read_part
from cube_airgap.zstd_frames import damaged_frame, decode

if TYPE_CHECKING:
    from collections.abc import Iterator
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


class FileContent:
    """Any part of a bundle file, through its seek table. Safe for threads."""

    def __init__(self, file: BundleFile) -> None:
        """Read the seek table of `file`. Raises IntegrityError."""
        self._file = file
        self.table = SeekTable.read(file.size, file.pread)
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


class PipeContent:
    """A bundle as it streams by: offsets may only grow, and one frame is kept."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read frames from `stream`, which this object does not close."""
        self._contents = read_contents(stream)
        self._content = b""
        self._start = 0
        self._broken: AirgapError | None = None

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
        if self._broken:  # where the next frame's content belongs is not known any more
            raise IntegrityError(self._broken.what, remedy=self._broken.remedy)
        try:
            content = next(self._contents, None)
        except IntegrityError as error:
            self._broken = error
            raise
        if content is None:
            return False
        self._start += len(self._content)
        self._content = content
        return True
