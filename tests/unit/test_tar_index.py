"""The index of a foreign tar: hostile ones are refused, and nothing is ever extracted."""

from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AirgapError, IntegrityError, MissingError
from cube_airgap.tar_index import TarIndex
from tests.support.image_factory import write_tar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def member(name: str, data: bytes = b"data", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, b"", type=kind, linkname=target)


def index_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> TarIndex:
    write_tar(path / "some.tar", list(members))
    return TarIndex.of(path / "some.tar")


def read(index: TarIndex, name: str) -> bytes:
    return b"".join(index.read(index.find(name)))


def test_members_are_read_at_random(tmp_path: Path) -> None:
    index = index_of(tmp_path, member("a", b"first"), member("dir/b", b"second"))
    assert read(index, "dir/b") == b"second"
    assert read(index, "a") == b"first"
    assert b"".join(index.read(index.find("dir/b"), 2, 4)) == b"co"


def test_a_tar_of_the_real_program_is_read_with_its_dots(tmp_path: Path) -> None:
    (tmp_path / "in" / ("long" * 60)).mkdir(parents=True)
    (tmp_path / "in" / "a").write_bytes(b"first")
    (tmp_path / "in" / ("long" * 60) / "b").write_bytes(b"second")
    subprocess.run(["tar", "-cf", tmp_path / "t.tar", "-C", tmp_path / "in", "."], check=True)
    index = TarIndex.of(tmp_path / "t.tar")
    assert read(index, "a") == b"first"
    assert read(index, f"{'long' * 60}/b") == b"second"


def test_links_inside_are_followed(tmp_path: Path) -> None:
    index = index_of(
        tmp_path,
        member("x/layer.tar", b"layer"),
        link("y/layer.tar", "../x/layer.tar"),
        link("z/layer.tar", "../y/layer.tar"),
        link("hard", "x/layer.tar", tarfile.LNKTYPE),
    )
    assert read(index, "y/layer.tar") == read(index, "z/layer.tar") == read(index, "hard")


@pytest.mark.parametrize(
    ("hostile", "name", "why"),
    [
        ([member("../up")], "../up", "leads out"),
        ([member("/etc/passwd")], "/etc/passwd", "leads out"),
        ([member("a/../../b")], "a/../../b", "leads out"),
        ([link("l", "../../etc/passwd")], "l", "leads out"),
        ([link("l", "/etc/passwd")], "l", "leads out"),
        ([link("l", "../up", tarfile.LNKTYPE)], "l", "leads out"),
        ([link("a", "b"), link("b", "a")], "a", "link to itself"),
        ([link("a", "a")], "a", "link to itself"),
        ([member("a"), member("a")], "a", "is there twice"),
        ([member("a"), member("./a")], "a", "is there twice"),
        ([member("d", b"", type=tarfile.DIRTYPE)], "d", "not a regular file"),
        ([member("d", b"", type=tarfile.CHRTYPE)], "d", "not a regular file"),
        ([member("d", b"", type=tarfile.FIFOTYPE)], "d", "not a regular file"),
    ],
)
def test_hostile_members_are_refused_when_asked_for(
    tmp_path: Path, hostile: list[tuple[tarfile.TarInfo, bytes]], name: str, why: str
) -> None:
    index = index_of(tmp_path, *hostile, member("good", b"good"))
    assert read(index, "good") == b"good"
    with pytest.raises(IntegrityError, match=why):
        index.find(name)


def test_a_sparse_member_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(10 << 20)
        file.write(b"x")
    for kind in ("gnu", "pax"):
        archive = str(tmp_path / "t.tar")
        command = ["tar", "-C", str(tmp_path), f"--format={kind}", "-Scf", archive, "holes"]
        subprocess.run(command, check=True)
        index = TarIndex.of(tmp_path / "t.tar")
        with pytest.raises(AirgapError):
            index.find("holes")


def test_an_absent_member_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no member 'b'"):
        index_of(tmp_path, member("a")).find("b")
    with pytest.raises(MissingError, match="no member 'gone'"):
        index_of(tmp_path, link("l", "gone")).find("l")


def test_no_tar_at_all_is_told_of(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"not a tar" * 200, bytes(300))):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(data)
        with pytest.raises(IntegrityError, match="not a whole tar"):
            TarIndex.of(path)
    with pytest.raises(MissingError):
        TarIndex.of(tmp_path / "absent.tar")


def test_a_cut_tar_is_told_of(tmp_path: Path) -> None:
    index_of(tmp_path, member("a", bytes(100_000)))
    path = tmp_path / "some.tar"
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(IntegrityError):
        read(TarIndex.of(path), "a")


def _raw(name: str, size: int, kind: bytes, body: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT) + body + bytes(-len(body) % 512)


def _huge_long_name() -> bytes:
    return _raw("long", 1 << 40, tarfile.GNUTYPE_LONGNAME, b"x")


def _huge_pax() -> bytes:
    return _raw("pax", 1 << 40, tarfile.XHDTYPE, b"x")


def _long_names_without_end() -> bytes:
    return _raw("long", 2, tarfile.GNUTYPE_LONGNAME, b"x\0") * 5000


def _negative_size() -> bytes:
    header = bytearray(_raw("minus", 0, tarfile.REGTYPE, b""))
    header[124:136] = b"\xff" * 10 + b"\xfc\x00"  # -1024 in base 256
    return _with_checksum(header) * 3


def _negative_pax_size() -> bytes:
    record = b"14 size=-1024\n"
    return _raw("pax", len(record), tarfile.XHDTYPE, record) + _raw(
        "minus", 0, tarfile.REGTYPE, b""
    )


def _with_checksum(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


def _too_many_members() -> bytes:
    return _raw("same", 0, tarfile.REGTYPE, b"") * 50_001


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "made",
    [
        _huge_long_name,
        _huge_pax,
        _long_names_without_end,
        _negative_size,
        _negative_pax_size,
        _too_many_members,
    ],
)
def test_headers_that_lie_are_refused_quickly(tmp_path: Path, made: Callable[[], bytes]) -> None:
    path = tmp_path / "hostile.tar"
    path.write_bytes(_raw("first", 0, tarfile.REGTYPE, b"") + made() + bytes(1024))
    with pytest.raises((IntegrityError, MissingError)):
        TarIndex.of(path).find("minus")


def test_a_member_that_claims_more_than_there_is_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "hostile.tar"
    path.write_bytes(_raw("big", 1 << 40, tarfile.REGTYPE, b"little") + bytes(1024))
    with pytest.raises(IntegrityError):
        read(TarIndex.of(path), "big")


def test_members_larger_than_8_gib_are_found(tmp_path: Path) -> None:
    path = tmp_path / "huge.tar"
    info = tarfile.TarInfo("big")
    info.size = 9 << 30
    tail = io.BytesIO()
    with tarfile.open(fileobj=tail, mode="w") as archive:
        archive.addfile(*_opened(member("after", b"after")))
    with path.open("wb") as file:
        file.write(info.tobuf(tarfile.PAX_FORMAT))
        file.seek(9 << 30, io.SEEK_CUR)  # sparse on disk
        file.write(tail.getvalue())
    index = TarIndex.of(path)
    assert index.find("big").size == 9 << 30
    assert read(index, "after") == b"after"


def _opened(one: tuple[tarfile.TarInfo, bytes]) -> tuple[tarfile.TarInfo, io.BytesIO]:
    return one[0], io.BytesIO(one[1])
