"""Parts of stored frames, read from where they lie."""

from __future__ import annotations

import random

import pytest

from cube_airgap.errors import IntegrityError
from cube_airgap.seek_table import Frame
from cube_airgap.stored_frame import read_part
from cube_airgap.zstd_frames import BLOCK, FRAME_DATA, STORED_HEADER_SIZE, compress, encode_stored

BEFORE = b"before"


class Placed:
    """A stored frame behind other bytes, and which bytes of the file were asked for."""

    def __init__(self, header: int, data: int, padding: int) -> None:
        chance = random.Random(header + data)
        head, body = chance.randbytes(header), chance.randbytes(data)
        self.content = head + body + bytes(padding)
        encoded = b"".join(bytes(part) for part in encode_stored(head, [body], padding))
        self.file = bytearray(BEFORE + encoded + b"after")
        self.frame = Frame(len(BEFORE), len(encoded), 1000, len(self.content))
        self.asked = 0

    def pread(self, length: int, offset: int) -> bytes:
        self.asked += length
        return bytes(self.file[offset : offset + length])

    def part(self, start: int, stop: int) -> bytes | None:
        return read_part(self.pread, self.frame, start, stop)


@pytest.mark.parametrize("header", [0, 512, 1536])
@pytest.mark.parametrize("data", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
@pytest.mark.parametrize("padding", [0, 1, 511])
def test_any_part_is_the_content_there(header: int, data: int, padding: int) -> None:
    placed = Placed(header, data, padding)
    size = len(placed.content)
    edges = {0, 1, header - 1, header, header + 1, header + BLOCK, header + data, size - 1, size}
    inside = sorted(edge for edge in edges if 0 <= edge <= size)
    for start in inside:
        for stop in inside:
            if start < stop:
                assert placed.part(start, stop) == placed.content[start:stop]


def test_little_more_is_read_than_was_asked_for() -> None:
    placed = Placed(512, FRAME_DATA, 0)
    placed.part(512 + 4 * BLOCK, 512 + 8 * BLOCK)
    assert placed.asked < 4 * BLOCK + 64


def test_a_compressed_frame_is_left_to_others() -> None:
    encoded = compress(bytes(1000), 3)
    frame = Frame(0, len(encoded), 0, 1000)
    assert read_part(lambda length, offset: encoded[offset:][:length], frame, 1, 2) is None


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (STORED_HEADER_SIZE - 4, 1),  # the content's size
        (STORED_HEADER_SIZE, 4),  # the kind of the first block
        (STORED_HEADER_SIZE + 1, 77),  # its size
        (STORED_HEADER_SIZE + 3 + 512, 1),  # "this is the last one" in the second
        (STORED_HEADER_SIZE + 3 + 512 + 2, 0),  # the second's size
    ],
)
def test_a_damaged_block_header_is_told_of(where: int, value: int) -> None:
    placed = Placed(512, 2 * BLOCK, 0)
    placed.file[len(BEFORE) + where] = value
    with pytest.raises(IntegrityError, match="a frame of the bundle"):
        placed.part(500, 600)


def test_a_frame_that_is_cut_short_is_told_of() -> None:
    placed = Placed(512, 2 * BLOCK, 0)
    del placed.file[len(BEFORE) + 1000 :]
    with pytest.raises(IntegrityError, match="a frame of the bundle"):
        placed.part(512, 2000)
