"""Ranges of a local file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import IntegrityError, MissingError
from cube_airgap.file_range import is_file, read_head, read_range
from cube_airgap.image_source import LARGEST_PIECE

if TYPE_CHECKING:
    from pathlib import Path


def test_a_range_comes_in_bounded_pieces(tmp_path: Path) -> None:
    data = bytes(range(250)) * 40_000
    path = tmp_path / "file"
    path.write_bytes(data)
    pieces = list(read_range(path, 7, 9_000_000))
    assert b"".join(pieces) == data[7:9_000_007]
    assert max(map(len, pieces)) <= LARGEST_PIECE


def test_an_empty_range_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert list(read_range(path, 3, 0)) == []


def test_a_file_that_ends_early_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    with pytest.raises(IntegrityError, match="ends 2 bytes too early"):
        list(read_range(path, 1, 4))


def test_closing_early_lets_go_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(LARGEST_PIECE + 1))
    reading = read_range(path, 0, LARGEST_PIECE + 1)
    next(reading)
    reading.close()  # an open file would be a ResourceWarning, which fails the test
    with pytest.raises(StopIteration):
        next(reading)


def test_what_cannot_be_read_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="No such file"):
        list(read_range(tmp_path / "absent", 0, 1))
    with pytest.raises(MissingError, match="Is a directory"):
        read_head(tmp_path, 1)


def test_the_head_of_a_short_file_is_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert read_head(path, 2) == b"ab"
    assert read_head(path, 20) == b"abc"


def test_a_file_is_no_directory_and_none_that_is_absent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert is_file(tmp_path / "file")
    assert not is_file(tmp_path)
    assert not is_file(tmp_path / "file" / "below")


def test_where_one_may_not_look_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="File name too long"):
        is_file(tmp_path / ("x" * 300))
