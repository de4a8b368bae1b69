"""Telling a compression by its magic number, and unpacking."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
from typing import TYPE_CHECKING

import pytest
import zstandard

from cube_airgap.compression import MAGIC_LENGTH, Compression, compression_of, unpacked
from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_airgap.image_source import LARGEST_PIECE

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = bytes(range(256)) * 40_000


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gzip.compress(b"x", mtime=0), Compression.GZIP),
        (zstandard.compress(b"x"), Compression.ZSTD),
        (lzma.compress(b"x"), Compression.XZ),
        (bz2.compress(b"x"), Compression.BZIP2),
        (b"manifest.json\0\0\0", Compression.NONE),
        (b"", Compression.NONE),
    ],
)
def test_compression_is_told_by_the_first_bytes(data: bytes, expected: Compression) -> None:
    assert compression_of(data[:MAGIC_LENGTH]) is expected


@pytest.mark.parametrize(("program", "kind"), [("gzip", "gzip"), ("zstd", "zstd")])
def test_files_of_the_real_programs_are_unpacked_in_bounded_pieces(
    tmp_path: Path, program: str, kind: str
) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(_output_of(program))
    pieces = list(unpacked(packed, Compression(kind)))
    assert b"".join(pieces) == CONTENT
    assert max(map(len, pieces)) <= LARGEST_PIECE


def test_members_and_frames_one_after_the_other_are_one_content(tmp_path: Path) -> None:
    for kind, pack in ((Compression.GZIP, gzip.compress), (Compression.ZSTD, zstandard.compress)):
        packed = tmp_path / kind.value
        packed.write_bytes(pack(b"one") + pack(b"two"))
        assert b"".join(unpacked(packed, kind)) == b"onetwo"


def test_a_cut_gzip_file_is_told_of(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(CONTENT)[:-20])
    with pytest.raises(IntegrityError, match="damaged"):
        list(unpacked(packed, Compression.GZIP))


def test_spoiled_data_is_told_of(tmp_path: Path) -> None:
    for kind, data in (
        (Compression.GZIP, gzip.compress(b"", 9, mtime=0) + b"rubbish"),
        (Compression.GZIP, gzip.compress(CONTENT, mtime=0)[:12] + b"\xff" * 50),
        (Compression.ZSTD, zstandard.compress(CONTENT)[:12] + b"\xff" * 50),
    ):
        packed = tmp_path / "packed"
        packed.write_bytes(data)
        with pytest.raises(IntegrityError, match=kind.value):
            list(unpacked(packed, kind))


def test_a_compression_that_is_not_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="xz") as caught:
        list(unpacked(tmp_path / "packed", Compression.XZ))
    assert "gzip or zstd" in caught.value.remedy


def test_an_absent_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="cannot be read"):
        list(unpacked(tmp_path / "absent", Compression.GZIP))


def _output_of(program: str) -> bytes:
    return subprocess.run([program], input=CONTENT, capture_output=True, check=True).stdout
