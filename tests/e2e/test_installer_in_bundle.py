"""A bundle that brings its own installer: built, unpacked by tar, and run."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from tests.support import image_factory as make
from tests.support.command import Ran, cube_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.real_registry import RealRegistry

# As scripts/make_installer writes them, but for what it does.
STAND_IN = "#!/bin/sh\n# cube-install 1.0 for linux/{}: this one only says so\necho for {}\n"


@pytest.fixture(scope="module")
def image(registry: RealRegistry) -> str:
    return registry.push("installers/base", "1", make.image())


def installer(directory: Path, architecture: str) -> Path:
    path = directory / f"made-{architecture}"
    path.write_text(STAND_IN.format(architecture, architecture))
    return path


def build(registry: RealRegistry, cwd: Path, *arguments: object) -> Ran:
    return cube_bundle("build", *arguments, "--insecure", registry.host, cwd=cwd)


def test_tar_takes_the_installer_out_ready_to_run(
    registry: RealRegistry, image: str, tmp_path: Path
) -> None:
    one, two = installer(tmp_path, "amd64"), installer(tmp_path, "arm64")

    built = build(
        registry, tmp_path, image, "--installer", one, "--installer", two, "-o", "b.tar.zst"
    )

    assert built.code == 0, built.err
    command = "tar --zstd -xf b.tar.zst --occurrence cube-install && ./cube-install"
    said = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (said.stdout, said.stderr) == ("for amd64\n", "")
    for name, made in (("amd64", one), ("arm64", two)):
        beside = tmp_path / f"cube-install-linux-{name}"
        assert beside.read_bytes() == made.read_bytes()
        assert beside.stat().st_mode & 0o111 == 0o111
    verified = cube_bundle("verify", "b.tar.zst", cwd=tmp_path)
    assert verified.code == 0, verified.err


def test_the_lock_of_such_a_bundle_wants_the_same_installer(
    registry: RealRegistry, image: str, tmp_path: Path
) -> None:
    one = installer(tmp_path, "amd64")
    first = build(registry, tmp_path, image, "--installer", one, "-o", "b.tar.zst")
    again = ("--lock", "b.lock.yaml", "-o", "c.tar.zst")

    without = build(registry, tmp_path, *again)
    same = build(registry, tmp_path, *again, "--installer", one)

    assert first.code == 0, first.err
    assert without.code == 5
    assert "give that very file with --installer" in without.err
    assert same.code == 0, same.err
    assert digest(tmp_path / "c.tar.zst") == digest(tmp_path / "b.tar.zst")


def test_a_file_that_is_no_installer_is_refused_before_anything_is_fetched(
    registry: RealRegistry, image: str, tmp_path: Path
) -> None:
    (tmp_path / "other").write_text("#!/bin/sh\n")

    built = build(registry, tmp_path, image, "--installer", "other", "-o", "b.tar.zst")

    assert built.code == 2
    assert not (tmp_path / "b.tar.zst.part").exists()


def test_images_alone_bring_no_installer(
    registry: RealRegistry, image: str, tmp_path: Path
) -> None:
    build(registry, tmp_path, image, "-o", "b.tar.zst")

    listed = subprocess.run(
        ["tar", "--zstd", "-tf", "b.tar.zst"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cube-install" not in listed.stdout.split()


def digest(path: Path) -> Digest:
    return Digest.of(path.read_bytes())
