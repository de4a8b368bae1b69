"""Where Harbor's installer comes from: a file, or a bundle that carries it."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_install.harbor_host.archive_source import archive_file, bundled_archive
from cube_install.harbor_host.installer_archive import find_unpacked, look_into, unpack
from tests.support.bundled_files import bundle_of_files
from tests.support.harbor_installer.archive import Installer

if TYPE_CHECKING:
    from pathlib import Path

ENCODED = Installer().encode()
AMD = "harbor/harbor-offline-installer-v2.11.1.tgz"
ARM = "harbor/harbor-offline-installer-aarch64-v2.13.0.tgz"
WHY = "bootstrap: the site's registry"


def found(tmp_path: Path, *names: str, architecture: str = "amd64") -> str | None:
    path = bundle_of_files({name: (WHY, name.encode()) for name in names}).write(tmp_path / "b")
    with Bundle.open(path) as bundle:
        archive = bundled_archive(bundle, architecture)
        return archive.asset.name if archive else None


def test_the_bundles_installer_for_this_machine_is_found(tmp_path: Path) -> None:
    assert found(tmp_path, AMD, ARM) == AMD
    assert found(tmp_path, AMD, ARM, architecture="arm64") == ARM
    assert found(tmp_path, f"kit/linux-amd64/{AMD}") == f"kit/linux-amd64/{AMD}"


def test_a_bundle_without_one_is_no_error(tmp_path: Path) -> None:
    assert found(tmp_path, "kubectl/linux-amd64/kubectl") is None


def test_a_bundle_with_one_for_other_machines_only_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another architecture only: harbor/") as caught:
        found(tmp_path, ARM)

    assert "--platform linux/amd64" in caught.value.remedy


def test_a_bundle_with_several_is_told(tmp_path: Path) -> None:
    newer = AMD.replace("2.11.1", "2.12.0")

    with pytest.raises(UsageError, match="several installers"):
        found(tmp_path, AMD, newer)


def test_it_is_unpacked_straight_from_the_bundle(tmp_path: Path) -> None:
    path = bundle_of_files({AMD: (WHY, ENCODED)}).write(tmp_path / "b")
    with Bundle.open(path) as bundle:
        archive = bundled_archive(bundle, "amd64")
        assert archive
        assert archive.size == len(ENCODED)
        assert look_into(archive).version == "v2.11.1"
        assert unpack(archive, tmp_path / "opt").version == "v2.11.1"


def test_a_damaged_one_is_told_and_not_unpacked(tmp_path: Path) -> None:
    path = bundle_of_files({AMD: (WHY, ENCODED)}).write(tmp_path / "b")
    raw = bytearray(path.read_bytes())
    raw[raw.index(ENCODED[-5000:-4900])] ^= 1
    path.write_bytes(raw)

    with Bundle.open(path) as bundle:
        archive = bundled_archive(bundle, "amd64")
        assert archive
        with pytest.raises(IntegrityError):
            unpack(archive, tmp_path / "opt")

    assert find_unpacked(tmp_path / "opt") == ()


def test_another_archive_in_its_place_is_told_and_not_unpacked(tmp_path: Path) -> None:
    tar = gzip.decompress(ENCODED)
    other = gzip.compress(tar.replace(b"#!/bin/", b"#!/evil", 1)).ljust(len(ENCODED), b"\0")
    assert len(other) == len(ENCODED)
    bundle_of_it = bundle_of_files({AMD: (WHY, ENCODED)})
    bundle_of_it.members[-1] = replace(bundle_of_it.members[-1], data=other)
    path = bundle_of_it.write(tmp_path / "b")

    with Bundle.open(path) as bundle:
        archive = bundled_archive(bundle, "amd64")
        assert archive
        with pytest.raises(IntegrityError, match="is damaged in the bundle"):
            unpack(archive, tmp_path / "opt")

    assert find_unpacked(tmp_path / "opt") == ()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no installer of Harbor at"):
        archive_file(tmp_path / "x.tgz")
