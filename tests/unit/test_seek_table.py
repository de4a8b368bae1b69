from __future__ import annotations

import subprocess
import tracemalloc
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cube_airgap.errors import IntegrityError
from cube_airgap.seek_table import MOST_FRAMES, Frame, SeekTable
from cube_airgap.zstd_frames import LARGEST_FRAME
from tests.support.bundle_factory import bundle_file, compressed, seek_table

if TYPE_CHECKING:
    from pathlib import Path

SIZES = st.lists(
    st.tuples(st.integers(1, LARGEST_FRAME), st.integers(1, LARGEST_FRAME)), max_size=30
)


class SparseFile:
    """A file of zeros that ends in `end`; it counts what is read of it."""

    def __init__(self, size: int, end: bytes) -> None:
        self.size = size
        self._start = size - len(end)
        self._end = end
        self.read = 0

    def pread(self, length: int, offset: int) -> bytes:
        self.read += length
        zeros = min(max(self._start - offset, 0), length)
        inside = max(offset - self._start, 0)
        return bytes(zeros) + self._end[inside : inside + length - zeros]


def read(sizes: list[tuple[int, int]], table: bytes) -> SeekTable:
    file = SparseFile(sum(encoded for encoded, _ in sizes) + len(table), table)
    return SeekTable.read(file.size, file.pread)


def pairs(table: SeekTable) -> list[tuple[int, int]]:
    frames = [table.frame(index) for index in range(len(table))]
    return [(frame.size, frame.content_size) for frame in frames]


@given(SIZES)
def test_a_table_is_encoded_as_the_format_says_and_read_back(sizes: list[tuple[int, int]]) -> None:
    encoded = SeekTable(sizes).encode()

    assert encoded == seek_table(sizes)
    assert pairs(read(sizes, encoded)) == sizes


def test_the_zstd_program_skips_it(tmp_path: Path) -> None:
    path = tmp_path / "x.zst"
    path.write_bytes(bundle_file([compressed(b"hello"), compressed(b" world")]))

    plain = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout

    assert plain == b"hello world"


@settings(deadline=None)
@given(SIZES, st.data())
def test_a_changed_table_is_refused_or_still_fits_the_file(
    sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    table = bytearray(seek_table(sizes))
    for _ in range(data.draw(st.integers(1, 3))):
        table[data.draw(st.integers(0, len(table) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(sizes, bytes(table))
    except IntegrityError:
        return
    assert found.encode() == bytes(table)
    assert found.encoded_size == sum(encoded for encoded, _ in sizes)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    file = SparseFile(len(data), data)
    try:
        found = SeekTable.read(file.size, file.pread)
    except IntegrityError:
        return
    assert found.encoded_size + len(found.encode()) == len(data)


def test_a_file_that_shrinks_while_it_is_read_is_refused() -> None:
    with pytest.raises(IntegrityError):
        SeekTable.read(1000, lambda _length, _offset: b"\0\1")


@pytest.mark.parametrize("count", [MOST_FRAMES + 1, 0xFFFFFFFF])
def test_a_huge_count_costs_no_memory(count: int) -> None:
    footer = seek_table([])[8:]
    end = count.to_bytes(4, "little") + footer[4:]
    file = SparseFile(1 << 50, end)

    tracemalloc.start()
    with pytest.raises(IntegrityError, match="not a seek table's"):
        SeekTable.read(file.size, file.pread)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 100_000
    assert file.read == len(footer)


def test_frames_are_found_by_content() -> None:
    table = SeekTable([(10, 100), (20, 50), (5, 1)])

    assert [frame.offset for frame in table.covering(0, 100)] == [0]
    assert [frame.offset for frame in table.covering(99, 101)] == [0, 10]
    assert list(table.covering(150, 151)) == [Frame(30, 5, 150, 1)]
    assert list(table.covering(100, 100)) == []
    assert list(table.covering(150, 10)) == []
    assert list(table.covering(151, 999)) == []
    assert (table.content_size, table.encoded_size, len(table)) == (151, 35, 3)


@given(SIZES.filter(bool), st.data())
def test_what_covers_a_range_is_all_of_it_and_no_more(
    sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    table = SeekTable(sizes)
    start = data.draw(st.integers(0, table.content_size - 1))
    end = data.draw(st.integers(start + 1, table.content_size))

    frames = list(table.covering(start, end))

    assert frames[0].content_offset <= start < frames[0].content_offset + frames[0].content_size
    assert frames[-1].content_offset < end <= frames[-1].content_offset + frames[-1].content_size
    for one, following in pairwise(frames):
        assert one.offset + one.size == following.offset
