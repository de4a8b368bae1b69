"""A bundle's content, the tar: at random from a file, or in order from a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import zstandard

from cube_airgap.errors import IntegrityError
from cube_airgap.seek_table import SeekTable
from cube_airgap.zstd_frames import damaged_frame, decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from cube_airgap.seek_table import Frame
    from cube_airgap.volumes import BundleFile

_PIECE = 1 << 20
_LARGEST_WINDOW = 8 << 20


class BundleContent(Protocol):
    """The bytes of the tar."""

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """`length` bytes from `offset`. Raises IntegrityError where they cannot be had."""
        ...

    def ends_at(self, offset: int) -> bool:
        """Whether there is no content from `offset` on."""
        ...


class FileContent:
    """Any part of a bundle file, through its seek table. Safe for threads."""

    def __init__(self, file: BundleFile) -> None:
        """Read the seek table of `file`. Raises IntegrityError."""
        self._file = file
        self.table = SeekTable.read(file.size, file.pread)
        self._last: tuple[int, bytes] = (-1, b"")

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """`length` bytes from `offset`, a frame at a time. Raises IntegrityError."""
        end = offset + length
        if end > self.table.content_size:
            raise damaged_frame(f"is missing: content ends before byte {end}")
        for frame in self.table.covering(offset, end):
            content = self._decoded(frame)
            start = max(offset - frame.content_offset, 0)
            stop = min(end - frame.content_offset, frame.content_size)
            whole = start == 0 and stop == frame.content_size
            yield content if whole else content[start:stop]

    def _decoded(self, frame: Frame) -> bytes:
        """The frame's content; the last one is kept, since many small members share a frame."""
        offset, content = self._last
        if offset != frame.offset:
            content = decode(self._file.pread(frame.size, frame.offset), frame.content_size)
            self._last = (frame.offset, content)
        return content

    def ends_at(self, offset: int) -> bool:
        """Whether there is no content from `offset` on."""
        return self.table.content_size <= offset


class PipeContent:
    """A bundle as it streams by: offsets may only grow, and nothing is kept."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read frames from `stream`, which this object does not close."""
        decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._reader = decompressor.stream_reader(
            stream, read_size=_PIECE, read_across_frames=True, closefd=False
        )
        self._position = 0

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """`length` bytes from `offset`, which lies at or behind the last piece's end."""
        while self._position < offset:
            self._read(offset - self._position)
        end = offset + length
        while self._position < end:
            yield self._read(end - self._position)

    def ends_at(self, offset: int) -> bool:
        """Whether there is no content from `offset` on, which is where the last piece ended."""
        return self._position >= offset and not self._next(1)

    def _read(self, most: int) -> bytes:
        piece = self._next(most)
        if not piece:
            raise IntegrityError(
                f"the bundle ends after {self._position} bytes of content, in the middle",
                remedy="the sending side stopped early or the file was cut: send it again",
            )
        return piece

    def _next(self, most: int) -> bytes:
        try:
            piece: bytes = self._reader.read(min(most, _PIECE))
        except zstandard.ZstdError as error:
            raise damaged_frame(f"cannot be decoded ({error})") from None
        self._position += len(piece)
        return piece
