"""Part of a stored frame's content, read from where it lies: no more is read, nothing decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.tar_member import TAR_BLOCK
from cube_airgap.zstd_frames import (
    BLOCK,
    BLOCK_HEADER_SIZE,
    STORED_HEADER_SIZE,
    STORED_START,
    damaged_frame,
    stored_block,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cube_airgap.seek_table import Frame


def read_part(
    pread: Callable[[int, int], bytes], frame: Frame, start: int, stop: int
) -> bytes | None:
    """The content of `frame` from `start` up to `stop`, or None if the frame is not a stored one.

    `pread` takes length and offset. All blocks but the first, which may be a tar header, and the
    last ones are full (docs/format.md), so that any of them is found by arithmetic; the headers of
    those that are read must agree with it. Raises IntegrityError.
    """
    head = pread(STORED_HEADER_SIZE + BLOCK_HEADER_SIZE, frame.offset)
    if not head.startswith(STORED_START):
        return None
    stated = int.from_bytes(head[len(STORED_START) : STORED_HEADER_SIZE], "little")
    if not 0 <= start < stop <= stated == frame.content_size:
        raise damaged_frame("has another size than the seek table says")
    _, first, _ = stored_block(head[STORED_HEADER_SIZE:])
    # Padding, shorter than this, is no place to begin: the block before it may be short.
    begin = max(min(start, stated - TAR_BLOCK), 0)
    skipped = 0 if begin < first else 1 + (begin - first) // BLOCK
    position = first + (skipped - 1) * BLOCK if skipped else 0
    offset = STORED_HEADER_SIZE + position + skipped * BLOCK_HEADER_SIZE
    most = _encoded_size(stop - position, 0 if skipped else first)
    encoded = pread(max(min(most, frame.size - offset), 0), frame.offset + offset)
    blocks = _blocks(memoryview(encoded), offset, position, frame)
    return _cut(blocks, start - position, stop - start)


def _encoded_size(length: int, first: int) -> int:
    """The most that the blocks take which hold `length` bytes; `first` in an unlike one first."""
    others = -(-max(length - first, 0) // BLOCK)
    head = first + BLOCK_HEADER_SIZE if first else 0
    return head + others * (BLOCK + BLOCK_HEADER_SIZE) + BLOCK_HEADER_SIZE + 1


def _blocks(encoded: memoryview, offset: int, position: int, frame: Frame) -> Iterator[memoryview]:
    """The content of the blocks in `encoded`, which lies at `offset` in the frame."""
    at = 0
    while True:
        stored, size, is_last = stored_block(bytes(encoded[at : at + BLOCK_HEADER_SIZE]))
        content = encoded[at + BLOCK_HEADER_SIZE : at + BLOCK_HEADER_SIZE + stored]
        at += BLOCK_HEADER_SIZE + stored
        may_be_header = position == 0 and size % TAR_BLOCK == 0
        position += size
        left = frame.content_size - position
        fits = len(content) == stored and (may_be_header or size == BLOCK or left < TAR_BLOCK)
        if not fits or is_last != (left == 0) or (is_last and offset + at != frame.size):
            raise damaged_frame("has blocks that do not fill it")
        yield content if stored == size else memoryview(bytes(content) * size)


def _cut(parts: Iterator[memoryview], skip: int, length: int) -> bytes:
    """`length` bytes of `parts` behind the first `skip`."""
    taken = []
    while length > 0:
        part = next(parts)
        taken.append(part[skip : skip + length])
        skip = max(skip - len(part), 0)
        length -= len(taken[-1])
    return b"".join(taken)
