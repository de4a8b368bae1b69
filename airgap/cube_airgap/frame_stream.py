"""Frames of a bundle as they stream by, each read whole by walking its blocks, then decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError
from cube_airgap.seek_table import MOST_FRAMES, TABLE_MAGIC, SeekTable
from cube_airgap.zstd_frames import (
    BLOCK,
    COMPRESSED_START,
    LARGEST_FRAME,
    START_SIZE,
    STORED_START,
    damaged_frame,
    decode_unsized,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_RLE, _RESERVED = 1, 3
_CHECKSUM_SIZE = 4
_CONTENT_SIZE_SIZE = 4


def read_contents(stream: BinaryIO) -> Iterator[bytes]:
    """The content of every frame of the bundle that comes from `stream`, in order.

    At the end the seek table must say what came before it, and nothing may follow.
    Raises IntegrityError, also where the stream ends early.
    """
    sizes: list[tuple[int, int]] = []
    while (start := _exactly(stream, START_SIZE))[:4] != TABLE_MAGIC:
        frame = _rest_of_frame(stream, start)
        content = decode_unsized(frame)
        if not content or len(sizes) == MOST_FRAMES:
            raise damaged_frame("is empty, or is one more than there may be")
        sizes.append((len(frame), len(content)))
        yield content
    _check_table(stream, start, sizes)


def _rest_of_frame(stream: BinaryIO, start: bytes) -> bytes:
    """The whole frame that begins with `start` (RFC 8878, section 3.1.1)."""
    if start not in {STORED_START, COMPRESSED_START}:
        raise damaged_frame("does not start as a frame of a bundle does")
    is_stored = start == STORED_START
    parts = [start, _exactly(stream, _CONTENT_SIZE_SIZE)] if is_stored else [start]
    room = LARGEST_FRAME
    is_last = False
    while not is_last:
        head = _exactly(stream, 3)
        is_last, kind, size = _block_header(head)
        parts += [head, _exactly(stream, 1 if kind == _RLE else size)]
        room -= len(head) + len(parts[-1])
        if room < 0:
            raise damaged_frame("is larger than a frame may be")
    if not is_stored:
        parts.append(_exactly(stream, _CHECKSUM_SIZE))
    return b"".join(parts)


def _block_header(head: bytes) -> tuple[bool, int, int]:
    """Whether it is the last block, its type, and its size."""
    number = int.from_bytes(head, "little")
    kind, size = number >> 1 & 3, number >> 3
    if kind == _RESERVED or size > BLOCK:
        raise damaged_frame("has an impossible block")
    return bool(number & 1), kind, size


def _check_table(stream: BinaryIO, start: bytes, sizes: list[tuple[int, int]]) -> None:
    expected = SeekTable(sizes).encode()
    came = start + _up_to(stream, len(expected) + 1 - len(start))
    if came != expected:
        raise IntegrityError(
            "the seek table at the bundle's end does not say what came before it",
            remedy="the file was damaged or cut on its way: send it again",
        )


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = _up_to(stream, length)
    if len(data) < length:
        raise IntegrityError(
            "the bundle ends in the middle",
            remedy="the sending side stopped early or the file was cut: send it again",
        )
    return data


def _up_to(stream: BinaryIO, length: int) -> bytes:
    """`length` bytes, fewer only at the stream's end; a pipe may give them bit by bit."""
    parts = []
    while length > 0:
        try:
            part = stream.read(length)
        except OSError as error:
            raise IntegrityError(
                f"the bundle cannot be read on: {error.strerror}",
                remedy="check the device or the connection that it comes from, and send it again",
            ) from None
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
