from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cube_airgap.errors import IntegrityError
from cube_airgap.frame_stream import read_contents
from tests.support.bundle_factory import bundle_file, compressed, seek_table, stored


class Trickle(io.BytesIO):
    """A pipe that gives a byte or three at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(3, size or 0) if size and size > 0 else size)


class BrokenDevice(io.BytesIO):
    def read(self, _size: int | None = -1) -> bytes:
        raise OSError(5, "Input/output error")


FRAMES = [compressed(b"head" * 100), stored(b"h" * 512, b"data", 508), compressed(bytes(1024))]
CONTENTS = [b"head" * 100, b"h" * 512 + b"data" + bytes(508), bytes(1024)]


@pytest.mark.parametrize("kind", [io.BytesIO, Trickle])
def test_every_frames_content_comes_in_order(kind: type[io.BytesIO]) -> None:
    assert list(read_contents(kind(bundle_file(FRAMES)))) == CONTENTS


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=400)), min_size=1, max_size=5)
)
def test_any_frames_come_back(parts: list[tuple[bool, bytes]]) -> None:
    frames = [stored(b"", data, 0) if plain else compressed(data) for plain, data in parts]

    assert list(read_contents(io.BytesIO(bundle_file(frames)))) == [data for _, data in parts]


@pytest.mark.parametrize(
    "end",
    [
        seek_table([(1, 1)]),
        seek_table([(len(one.encoded), one.content_size) for one in FRAMES])[:-1],
        seek_table([(len(one.encoded), one.content_size) for one in FRAMES]) + b"\0",
        b"",
        bytes.fromhex("5e2a4d18ffffffff"),
    ],
)
def test_another_end_than_the_right_seek_table_is_refused(end: bytes) -> None:
    data = b"".join(one.encoded for one in FRAMES) + end

    with pytest.raises(IntegrityError):
        list(read_contents(io.BytesIO(data)))


@pytest.mark.parametrize(
    "blocks",
    [
        "060000",  # a reserved block type
        "0900100000",  # a raw block of more than 128 KiB
        "0100000000",  # no content at all
    ],
)
def test_an_impossible_block_is_refused(blocks: str) -> None:
    data = bytes.fromhex("28b52ffd803800000000" + blocks) + bytes(200_000)

    with pytest.raises(IntegrityError):
        list(read_contents(io.BytesIO(data)))


def test_a_frame_without_end_is_refused_before_it_fills_the_memory() -> None:
    block = (131072 << 3).to_bytes(3, "little") + bytes(131072)
    data = bytes.fromhex("28b52ffd8038") + b"\xff" * 4 + block * 40

    with pytest.raises(IntegrityError, match="larger than a frame may be"):
        list(read_contents(io.BytesIO(data)))


def test_a_device_that_fails_is_told_of() -> None:
    with pytest.raises(IntegrityError, match="Input/output error"):
        list(read_contents(BrokenDevice()))
