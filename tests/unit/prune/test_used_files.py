"""Texts that tell of images in use."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_install.prune.used_files import text_pieces

if TYPE_CHECKING:
    from pathlib import Path

NAME = "h.example/p/app:1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk"])
def test_a_text_is_read_however_it_is_written(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "used.txt"
    path.write_text(f"镜像 {NAME}\n", encoding=encoding)
    assert NAME in "".join(text_pieces(path))


def test_a_large_text_is_read_to_its_end_and_no_word_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    for before in range((1 << 20) - len(NAME) - 1, (1 << 20) + 1):
        path.write_text(f"{' ' * before}{NAME} {' ' * (1 << 20)}")
        assert any(NAME in piece for piece in text_pieces(path))


def test_an_empty_one_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "used.txt").touch()
    assert list(text_pieces(tmp_path / "used.txt")) == []


def test_what_is_compressed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql.gz"
    path.write_bytes(gzip.compress(NAME.encode()))
    with pytest.raises(UsageError, match="is no text"):
        list(text_pieces(path))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        list(text_pieces(tmp_path / "absent"))
