from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cube_airgap.errors import IntegrityError
from cube_airgap.zstd_frames import (
    BLOCK,
    FRAME_DATA,
    LARGE_LEVEL,
    LARGEST_FRAME,
    SMALL_LEVEL,
    compress,
    decode,
    decode_unsized,
    encode_stored,
    stored_frame_size,
)
from tests.support.bundle_factory import stored

if TYPE_CHECKING:
    from pathlib import Path

HEADERS = st.sampled_from([b"", b"h" * 512, b"p" * 1536])
DATA = st.binary(max_size=300) | st.builds(
    lambda size, fill: bytes([fill]) * size,
    st.sampled_from([BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK - 7]),
    st.integers(0, 255),
)


def encoded_stored(header: bytes, data: bytes, zeros: int) -> bytes:
    return b"".join(encode_stored(header, [data], zeros))


@settings(deadline=None)
@given(HEADERS, DATA, st.integers(0, 511))
def test_a_stored_frame_is_as_the_format_says_and_as_long_as_foretold(
    header: bytes, data: bytes, zeros: int
) -> None:
    if not header and not data:  # no frame is of padding alone
        return
    frame = encoded_stored(header, data, zeros)

    assert frame == stored(header, data, zeros).encoded
    assert len(frame) == stored_frame_size(len(header), len(data), zeros)
    assert decode(frame, len(header) + len(data) + zeros) == header + data + bytes(zeros)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=5000), st.lists(st.integers(0, 5000), max_size=6))
def test_pieces_of_any_sizes_give_the_same_stored_frame(data: bytes, cuts: list[int]) -> None:
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    pieces = [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    assert b"".join(encode_stored(b"", pieces, 5)) == encoded_stored(b"", data, 5)


def test_a_full_frame_with_header_and_padding_is_no_larger_than_allowed() -> None:
    assert stored_frame_size(1536, FRAME_DATA, 511) <= LARGEST_FRAME
    worst = zstandard.ZstdCompressor(level=1).compress(bytes(range(256)) * (FRAME_DATA // 256))
    assert len(worst) <= LARGEST_FRAME


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=20_000), st.sampled_from([SMALL_LEVEL, LARGE_LEVEL]))
def test_a_compressed_frame_is_read_back(data: bytes, level: int) -> None:
    frame = compress(data, level)

    assert decode(frame, len(data)) == data
    assert decode_unsized(frame) == data


@pytest.mark.parametrize("size", [1, 511, 100_000, FRAME_DATA])
def test_every_compressed_frame_begins_alike_and_ends_in_its_checksum(size: int) -> None:
    frame = compress(bytes(size), LARGE_LEVEL)

    assert frame[:6].hex() == "28b52ffd0460"
    parameters = zstandard.get_frame_parameters(frame)
    assert parameters.has_checksum
    assert parameters.window_size == 4 << 20
    with pytest.raises(IntegrityError, match="checksum"):
        decode(frame[:-1] + bytes([frame[-1] ^ 1]), size)


def test_the_zstd_program_reads_both_kinds_in_one_small_window(tmp_path: Path) -> None:
    data = bytes(range(256)) * (FRAME_DATA // 256)
    frames = encoded_stored(b"h" * 512, data, 3) + compress(data, SMALL_LEVEL)
    path = tmp_path / "x.zst"
    path.write_bytes(frames)

    plain = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout
    listed = subprocess.run(["zstd", "-lv", path], capture_output=True, check=True).stdout

    assert plain == b"h" * 512 + data + bytes(3) + data
    sizes = [float(size) for size in re.findall(rb"Window Size: ([0-9.]+) MiB", listed)]
    assert sizes
    assert max(sizes) <= 4


def test_python_zstandard_reads_a_stored_frame_by_its_own_header() -> None:
    frame = encoded_stored(b"", b"abc" * 1000, 0)

    assert zstandard.decompress(frame) == b"abc" * 1000
    assert zstandard.get_frame_parameters(frame).window_size == BLOCK


@pytest.mark.parametrize("size", [0, 99, 101, LARGEST_FRAME, LARGEST_FRAME + 1])
def test_a_frame_of_another_size_than_expected_is_refused(size: int) -> None:
    for frame in (encoded_stored(b"", b"x" * 100, 0), compress(b"x" * 100, 3)):
        with pytest.raises(IntegrityError):
            decode(frame, size)


@given(st.binary(max_size=200))
def test_any_bytes_after_a_frames_start_are_content_or_refused(rest: bytes) -> None:
    for start in (bytes.fromhex("28b52ffd8038"), bytes.fromhex("28b52ffd0460"), b""):
        try:
            content = decode_unsized(start + rest)
        except IntegrityError:
            continue
        assert len(content) <= LARGEST_FRAME


H = bytes(512)


def block(kind: int, size: int, content: bytes, *, last: bool = False) -> bytes:
    return (last | kind << 1 | size << 3).to_bytes(3, "little") + content


@pytest.mark.parametrize(
    ("size", "blocks"),
    [
        (100, block(0, 60, b"a" * 60) + block(0, 40, b"a" * 40, last=True)),
        (562, block(0, 512, H) + block(0, 20, H[:20]) + block(0, 30, H[:30], last=True)),
        (600, block(1, 600, b"\0", last=True)),
        (600, block(0, 100, b"a" * 100) + block(1, 500, b"x", last=True)),
        (600, block(1, 500, b"\0") + block(0, 100, b"a" * 100, last=True)),
        (100, block(0, 100, b"a" * 100) + block(0, 0, b"", last=True)),
        (0, block(0, 0, b"", last=True)),
        (100, block(2, 20, zstandard.compress(b"a" * 100)[9:29], last=True)),
    ],
)  # fmt: skip
def test_a_stored_frame_that_is_cut_in_another_way_is_refused(size: int, blocks: bytes) -> None:
    with pytest.raises(IntegrityError):
        decode_unsized(bytes.fromhex("28b52ffd8038") + size.to_bytes(4, "little") + blocks)


def test_bytes_after_a_frame_are_refused() -> None:
    with pytest.raises(IntegrityError):
        decode(encoded_stored(b"", b"x", 0) + b"\0", 1)


@pytest.mark.parametrize("header", [0, 512, 1536])
@pytest.mark.parametrize("size", [508, BLOCK - 4, FRAME_DATA - 4])
def test_padding_as_long_as_its_own_block_is_not_taken_for_data(header: int, size: int) -> None:
    # A frame with n bytes and 4 of padding is as long as one with n + 4 bytes.
    content = b"h" * header + b"d" * size
    frame = encoded_stored(b"h" * header, b"d" * size, 4)
    assert decode(frame, len(content) + 4) == content + bytes(4)
