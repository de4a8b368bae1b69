"""Zstandard frames of a bundle: stored ones, whose size is known beforehand, and compressed ones.

RFC 8878 sections 3.1.1 (frames and blocks); docs/format.md says which of its freedom is used.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import zstandard

from cube_airgap.errors import IntegrityError
from cube_airgap.tar_member import TAR_BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

MAGIC = b"\x28\xb5\x2f\xfd"
BLOCK = 128 << 10
FRAME_DATA = 4 << 20
"""Bytes of one member's data that a frame holds at most."""
LARGEST_FRAME = FRAME_DATA + (64 << 10)
"""More than any frame of a bundle holds, encoded or not, with tar header and padding."""

START_SIZE = 6
"""Bytes of magic number, frame header descriptor and window descriptor, by which kinds differ."""
STORED_START = MAGIC + b"\x80\x38"  # content size in 4 bytes, no checksum; window of 128 KiB
COMPRESSED_START = MAGIC + b"\x04\x60"  # no content size, a checksum at the end; window of 4 MiB
STORED_HEADER_SIZE = START_SIZE + 4
BLOCK_HEADER_SIZE = 3
_WINDOW_LOG = 22
_RAW, _RLE = 0, 1
_TAR_HEADER_SIZES = (TAR_BLOCK, 3 * TAR_BLOCK)

SMALL_LEVEL = 12
"""At 19 the head of 1,000 images takes 7 s instead of 0.2 s, and saves 250 kB of 100 GB."""
LARGE_LEVEL = 3


def stored_frame_size(header: int, data: int, padding: int) -> int:
    """Encoded size of a stored frame of `header`, `data` and `padding` bytes."""
    blocks = -(-data // BLOCK)
    return (
        STORED_HEADER_SIZE
        + (3 + header if header else 0)
        + 3 * blocks
        + data
        + (4 if padding else 0)
    )


def encode_stored(header: bytes, data: Sequence[Buffer], padding: int) -> list[Buffer]:
    """The buffers of one stored frame, in order; `data` is cut into blocks but not copied.

    `header` (a tar header, or empty) and `padding` (a count of zero bytes, below 512) surround the
    data; the three must not all be empty.
    """
    views = [memoryview(piece).cast("B") for piece in data]
    size = sum(len(view) for view in views)
    out: list[Buffer] = [STORED_START + struct.pack("<I", len(header) + size + padding)]
    if header:
        out += [_block_header(_RAW, len(header), last=not size and not padding), header]
    left = size
    for block in _blocks(views):
        length = sum(len(view) for view in block)
        left -= length
        out.append(_block_header(_RAW, length, last=not left and not padding))
        out += block
    if padding:
        out += [_block_header(_RLE, padding, last=True), b"\0"]
    return out


def _block_header(kind: int, size: int, *, last: bool) -> bytes:
    return (int(last) | kind << 1 | size << 3).to_bytes(BLOCK_HEADER_SIZE, "little")


def stored_block(header: bytes) -> tuple[int, int, bool]:
    """Encoded size, content size, and whether it is the last, of a stored frame's block.

    `header` has BLOCK_HEADER_SIZE bytes. Raises IntegrityError for any other kind of block.
    """
    bits = int.from_bytes(header, "little")
    kind, size = bits >> 1 & 3, bits >> 3
    most = {_RAW: BLOCK, _RLE: TAR_BLOCK - 1}.get(kind, 0)
    if len(header) != BLOCK_HEADER_SIZE or not 0 < size <= most:
        raise damaged_frame("has a block that it may not have")
    return (1 if kind == _RLE else size), size, bool(bits & 1)


def _blocks(views: Sequence[memoryview]) -> Iterator[list[memoryview]]:
    """Cut `views` into lists that hold BLOCK bytes each, the last one what is left."""
    block: list[memoryview] = []
    room = BLOCK
    for view in views:
        start = 0
        while start < len(view):
            part = view[start : start + room]
            block.append(part)
            start += len(part)
            room -= len(part)
            if not room:
                yield block
                block, room = [], BLOCK
    if block:
        yield block


def compress(content: bytes, level: int) -> bytes:
    """One independent compressed frame of `content`, at most LARGEST_FRAME bytes.

    It ends in a checksum: no digest is known for the catalogue, by which all else is measured.
    The same bytes come out for the same libzstd only (docs/decisions.md). It would state a smaller
    window for little content; all frames get the same header, so that a reader may insist on it.
    """
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, window_log=_WINDOW_LOG, write_content_size=False, write_checksum=True
    )
    frame = zstandard.ZstdCompressor(compression_params=parameters).compress(content)
    return COMPRESSED_START + frame[START_SIZE:]


def decode(frame: bytes, content_size: int) -> bytes:
    """The content of one frame, which must have `content_size` bytes. Raises IntegrityError."""
    if not 0 < content_size <= LARGEST_FRAME:
        raise damaged_frame("has an impossible size")
    content = decode_unsized(frame, most=content_size)
    if len(content) != content_size:
        raise damaged_frame("has another size than the seek table says")
    return content


def decode_unsized(frame: bytes, most: int = LARGEST_FRAME) -> bytes:
    """The content of one frame, at most `most` bytes. Raises IntegrityError."""
    if frame.startswith(STORED_START):
        return _stored_content(frame, most)
    if not frame.startswith(COMPRESSED_START):
        raise damaged_frame("does not start as a frame of a bundle does")
    try:
        return zstandard.ZstdDecompressor(max_window_size=1 << _WINDOW_LOG).decompress(
            frame, max_output_size=most, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise damaged_frame(f"cannot be decoded ({error})") from None


def _stored_content(frame: bytes, most: int) -> bytes:
    """What a stored frame holds, if it is cut into blocks in the one way of encode_stored()."""
    size = int.from_bytes(frame[START_SIZE:STORED_HEADER_SIZE], "little")
    first = int.from_bytes(frame[STORED_HEADER_SIZE:][:BLOCK_HEADER_SIZE], "little") >> 3
    header = first if first in _TAR_HEADER_SIZES else 0
    padding = _padding_of(frame)
    data = size - header - padding
    if size > most or data < 0 or padding >= TAR_BLOCK:
        raise damaged_frame("has another size than it may have")
    if stored_frame_size(header, data, padding) != len(frame):
        raise damaged_frame("has another size than it says")
    lengths = [header] if header else []
    lengths += [min(BLOCK, data - start) for start in range(0, data, BLOCK)]
    view, at, parts = memoryview(frame), STORED_HEADER_SIZE, []
    for number, length in enumerate(lengths, 1):
        is_last = number == len(lengths) and not padding
        if frame[at : at + BLOCK_HEADER_SIZE] != _block_header(_RAW, length, last=is_last):
            raise damaged_frame("has blocks that do not fill it")
        at += BLOCK_HEADER_SIZE
        parts.append(view[at : at + length])
        at += length
    if padding and frame[at:] != _block_header(_RLE, padding, last=True) + b"\0":
        raise damaged_frame("has padding that is not empty")
    return b"".join((*parts, bytes(padding)))


def _padding_of(frame: bytes) -> int:
    """The zeros that a stored frame ends in, by its last block; sizes alone do not tell it.

    A frame of n bytes and 4 of padding is as long as one of n + 4 bytes.
    """
    at = STORED_HEADER_SIZE
    while at < len(frame):
        header = int.from_bytes(frame[at : at + BLOCK_HEADER_SIZE], "little")
        if header & 1:
            return header >> 3 if header >> 1 & 3 == _RLE else 0
        at += BLOCK_HEADER_SIZE + (header >> 3)
    return 0


def damaged_frame(why: str) -> IntegrityError:
    """The error for a frame that is not as the format says."""
    return IntegrityError(
        f"a frame of the bundle {why}",
        remedy="the file was damaged on its way: compare its sha256 with the one outside, "
        "and carry it (or the damaged volume) again",
    )
