from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.errors import IntegrityError
from cube_airgap.tar_member import END_OF_ARCHIVE, TarMember, checked_path, describe_header
from tests.support.bundle_factory import tar_header

if TYPE_CHECKING:
    from pathlib import Path

SHA512_PATH = "blobs/sha512/" + "0" * 128
PATHS = st.sampled_from(["bundle.json", "blobs/sha256/" + "a" * 64, "x" * 100, SHA512_PATH])
SIZES = st.integers(0, 2**63 - 1) | st.sampled_from([0, 1, 511, 512, 8**11 - 1, 8**11, 20 << 30])


@given(PATHS, SIZES)
def test_python_reads_the_header(path: str, size: int) -> None:
    member = TarMember(path, size)

    with tarfile.open(fileobj=io.BytesIO(member.header), mode="r|") as archive:
        info = archive.next()

    assert info is not None
    assert (info.name, info.size, info.type) == (path, size, tarfile.REGTYPE)
    assert (info.uid, info.gid, info.mtime, info.mode) == (0, 0, 0, 0o644)
    assert info.offset_data == len(member.header) == member.header_size


@pytest.mark.parametrize("size", [0, 1, 512, 8**11 - 1, 8**11, 20 << 30])
@pytest.mark.parametrize("path", ["index.json", SHA512_PATH])
def test_gnu_tar_reads_the_header(tmp_path: Path, path: str, size: int) -> None:
    member = TarMember(path, size)
    archive = tmp_path / "x.tar"
    with archive.open("wb") as file:
        file.write(member.header)
        file.seek(member.size + member.padding, io.SEEK_CUR)
        file.write(END_OF_ARCHIVE)

    listed = subprocess.run(["tar", "-tvf", archive], capture_output=True, check=True, text=True)

    mode, owner, shown, *_, name = listed.stdout.split()
    assert (mode, owner, int(shown), name) == ("-rw-r--r--", "0/0", size, path)
    assert listed.stderr == ""


@pytest.mark.parametrize(
    ("path", "mode"),
    [("cube-install", 0o755), ("cube-install-linux-arm64", 0o755), ("stack/cube-install", 0o644)],
)
def test_the_installer_may_be_run_once_unpacked(path: str, mode: int) -> None:
    info = tarfile.TarInfo.frombuf(TarMember(path, 1).header, "utf-8", "strict")

    assert info.mode == mode


@given(st.sampled_from(["bundle.json", "x" * 100]), st.integers(0, 8**11 - 1))
def test_a_plain_header_is_one_block_as_the_format_says(path: str, size: int) -> None:
    assert TarMember(path, size).header == tar_header(path, size)


def test_a_large_size_is_told_in_a_pax_header_before_the_members_own() -> None:
    header = TarMember("index.json", 8**11).header

    assert header[:512] == tar_header("././@PaxHeader", 19, b"x")
    assert header[512:1024] == b"19 size=8589934592\n".ljust(512, b"\0")
    assert header[1024:] == tar_header("index.json", 0)


def test_header_data_and_padding_fill_whole_blocks() -> None:
    for size in (0, 1, 511, 512, 513, 8**11 + 5):
        member = TarMember("a", size)
        assert member.content_size % 512 == 0
        assert member.content_size == len(member.header) + size + member.padding
        assert 0 <= member.padding < 512


@pytest.mark.parametrize("path", ["a", "a/b", "a.b/..c/d..", "blobs/sha256/0", "A-_+@.x", "..."])
def test_a_plain_relative_path_is_fine(path: str) -> None:
    assert checked_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/../b", "../a", "a/..", "-/../x"),
        *("a\\b", "a b", "a\n", "a~", "\0", "é", "C:a", "x" * 101),
    ],
)
def test_any_other_path_is_refused(path: str) -> None:
    with pytest.raises(IntegrityError, match="is not a path"):
        checked_path(path)


@given(st.text())
def test_a_path_that_passes_cannot_leave_the_target(path: str) -> None:
    try:
        checked_path(path)
    except IntegrityError:
        return
    assert not path.startswith("/")
    assert not {"", ".", ".."} & set(path.split("/"))


@given(st.binary(max_size=600) | st.binary(min_size=512, max_size=512))
def test_any_block_is_a_foreign_header_or_none(block: bytes) -> None:
    claim = describe_header(block)

    assert claim is None or claim[1] >= 0


@pytest.mark.parametrize("field", [slice(0, 100), slice(100, 108), slice(124, 136)])
@given(junk=st.binary(min_size=1, max_size=12))
def test_a_header_with_junk_and_a_right_checksum_never_crashes(field: slice, junk: bytes) -> None:
    block = bytearray(tar_header("name", 5))
    block[field.start : field.start + len(junk)] = junk
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)

    claim = describe_header(bytes(block))

    assert claim is None or claim[1] >= 0
