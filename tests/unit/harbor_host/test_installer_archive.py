"""Harbor's offline installer as an archive: what it is, and unpacking it."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import IntegrityError, MissingError, SpaceError, UsageError
from cube_install.harbor_host.archive_source import ArchiveFile
from cube_install.harbor_host.installer_archive import (
    Contents,
    Unpacked,
    find_unpacked,
    look_into,
    unpack,
    version_of,
)
from tests.support.harbor_installer.archive import Installer, spoiled
from tests.support.small_disk import small_disk

if TYPE_CHECKING:
    from pathlib import Path

ENCODED = Installer().encode()


def archive(tmp_path: Path, data: bytes = ENCODED) -> ArchiveFile:
    path = tmp_path / "installer.tgz"
    path.write_bytes(data)
    return ArchiveFile(path)


def test_its_beginning_tells_version_and_architecture(tmp_path: Path) -> None:
    arm = Installer("v2.13.0", architecture="arm64").encode()

    assert look_into(archive(tmp_path)) == Contents("v2.11.1", "amd64")
    assert look_into(archive(tmp_path, arm)) == Contents("v2.13.0", "arm64")


def test_it_is_unpacked_with_its_programs(tmp_path: Path) -> None:
    found = unpack(archive(tmp_path), tmp_path / "opt")

    assert found == Unpacked(tmp_path / "opt/v2.11.1/harbor", "v2.11.1")
    assert (found.directory / "install.sh").stat().st_mode & 0o100
    assert found.images.name == "harbor.v2.11.1.tar.gz"
    assert found.prepare_image == "goharbor/prepare:v2.11.1"
    assert version_of(found.directory) == "v2.11.1"
    assert [one.version for one in find_unpacked(tmp_path / "opt")] == ["v2.11.1"]
    assert [path.name for path in (tmp_path / "opt").iterdir()] == ["v2.11.1"]


def test_unpacking_again_keeps_what_was_made_beside(tmp_path: Path) -> None:
    found = unpack(archive(tmp_path), tmp_path / "opt")
    found.settings.write_text("hostname: a")
    (found.directory / "prepare").write_text("spoiled")

    unpack(archive(tmp_path), tmp_path / "opt")

    assert found.settings.read_text() == "hostname: a"
    assert found.prepare_image == "goharbor/prepare:v2.11.1"


def test_versions_are_sorted_by_their_numbers(tmp_path: Path) -> None:
    for version in ("v2.9.5", "v2.10.0", "v2.11.1"):
        directory = tmp_path / version / "harbor"
        directory.mkdir(parents=True)
        (directory / "install.sh").touch()

    assert [one.version for one in find_unpacked(tmp_path)] == ["v2.9.5", "v2.10.0", "v2.11.1"]


@pytest.mark.parametrize(
    "data", [ENCODED[:-1000], ENCODED[:1000], b"text", b"", spoiled(ENCODED)], ids=len
)
def test_what_is_damaged_is_told_and_leaves_no_version(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(IntegrityError, match="cannot be unpacked"):
        unpack(archive(tmp_path, data), tmp_path / "opt")

    assert find_unpacked(tmp_path / "opt") == ()


def test_a_page_in_place_of_an_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError) as caught:
        look_into(archive(tmp_path, b"<html>not found</html>"))

    assert "no .tgz archive" in caught.value.remedy


@pytest.mark.parametrize("name", ["install.sh", "prepare", "common.sh", "harbor.yml.tmpl"])
def test_an_archive_that_lacks_a_program_is_no_installer(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingError, match="no offline installer"):
        unpack(archive(tmp_path, Installer(left_out=(name,)).encode()), tmp_path / "opt")


def test_the_online_installer_is_told_from_the_other(tmp_path: Path) -> None:
    online = Installer(left_out=("harbor.v2.11.1.tar.gz",)).encode()

    with pytest.raises(MissingError) as caught:
        look_into(archive(tmp_path, online))

    assert "online installer" in caught.value.remedy


def test_two_files_of_images_are_told(tmp_path: Path) -> None:
    both = Installer(more=("harbor.v2.12.0.tar.gz",)).encode()

    with pytest.raises(UsageError, match=r"several files of images: harbor\.v2\.11\.1"):
        unpack(archive(tmp_path, both), tmp_path / "opt")


def test_a_second_file_of_images_in_the_directory_is_told(tmp_path: Path) -> None:
    found = unpack(archive(tmp_path), tmp_path / "opt")
    (found.directory / "harbor.v2.9.5.tar.gz").touch()

    with pytest.raises(UsageError, match="several files of images") as caught:
        _ = found.images

    assert "harbor.v2.11.1.tar.gz" in caught.value.remedy


def test_what_would_land_outside_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../outside"), io.BytesIO())

    with pytest.raises(IntegrityError):
        unpack(archive(tmp_path, buffer.getvalue()), tmp_path / "opt")

    assert not (tmp_path / "outside").exists()


def test_images_of_an_unknown_form_leave_the_architecture_open(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("harbor/harbor.v2.11.1.tar.gz")
        inner = io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w:gz"):
            pass
        member.size = len(inner.getvalue())
        tar.addfile(member, io.BytesIO(inner.getvalue()))

    assert look_into(archive(tmp_path, buffer.getvalue())) == Contents("v2.11.1", "")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    source = archive(tmp_path)

    with small_disk(tmp_path / "small", 1 << 20) as disk, pytest.raises(SpaceError):
        unpack(source, disk / "opt")


def test_a_directory_with_another_prepare_is_told(tmp_path: Path) -> None:
    (tmp_path / "prepare").write_text("echo")

    with pytest.raises(IntegrityError, match="goharbor/prepare"):
        version_of(tmp_path)
