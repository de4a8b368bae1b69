"""Files out of a bundle, under their names."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.bundled_files import bundle_of_files
from tests.support.command import Ran, run

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "kubectl/linux-amd64/kubectl": ("bootstrap: applies", b"\x7fELF" + bytes(300_000)),
    "rke2/rke2-install.sh": ("bootstrap: installs", b"#!/bin/sh\necho it runs\n"),
    "docker/linux-amd64/docker-27.3.1.tgz": ("bootstrap: runs", b"\x1f\x8barchive"),
    "models/net.onnx": ("runtime: a model", b"net" * 1000),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    bundle_of_files(FILES).write(tmp_path / "site.tar.zst")
    return tmp_path


def install(place: Path, *arguments: object) -> Ran:
    return run("cube-install", *arguments, "--bundle", "site.tar.zst", cwd=place)


def lay_out(place: Path) -> Ran:
    return install(place, "kit", "-o", "kit", "--architecture", "amd64")


def test_the_kit_is_laid_out_and_checked_by_sha256sum(place: Path) -> None:
    ran = lay_out(place)

    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "kit has 3 files"
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"],
        cwd=place / "kit",
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout.count(": OK") == 3, checked.stderr


def test_programs_may_be_run_at_once_and_archives_may_not(place: Path) -> None:
    lay_out(place)

    runnable = {path.name: os.access(path, os.X_OK) for path in (place / "kit").iterdir()}
    assert runnable == {
        "kubectl": True,
        "rke2-install.sh": True,
        "docker-27.3.1.tgz": False,
        "SHA256SUMS": False,
    }
    said = subprocess.check_output([place / "kit/rke2-install.sh"], text=True)
    assert said == "it runs\n"


def test_a_second_run_writes_nothing_anew_but_what_was_changed(place: Path) -> None:
    lay_out(place)
    kept, spoiled = place / "kit/kubectl", place / "kit/rke2-install.sh"
    before = kept.stat().st_ino
    spoiled.write_bytes(spoiled.read_bytes()[:-1] + b"!")

    lay_out(place)

    assert kept.stat().st_ino == before
    assert spoiled.read_bytes() == FILES["rke2/rke2-install.sh"][1]


def test_a_damaged_file_is_told_and_not_there(place: Path) -> None:
    path = place / "site.tar.zst"
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"echo it runs")] ^= 1
    path.write_bytes(raw)

    ran = lay_out(place)

    assert ran.code == 6
    assert "rke2/rke2-install.sh is damaged in the bundle" in ran.err
    assert not list((place / "kit").glob("rke2-install.sh*"))


def test_files_are_listed_with_what_they_are_for(place: Path) -> None:
    ran = install(place, "assets")

    assert "models/net.onnx" in ran.out
    assert "runtime: a model" in ran.out


@pytest.mark.parametrize(
    ("pattern", "there"),
    [
        ("models", ["models/net.onnx"]),
        (
            "*/linux-amd64/*",
            ["docker/linux-amd64/docker-27.3.1.tgz", "kubectl/linux-amd64/kubectl"],
        ),
        ("rke2/rke2-install.sh", ["rke2/rke2-install.sh"]),
    ],
)
def test_chosen_files_are_taken_out_under_their_full_names(
    place: Path, pattern: str, there: list[str]
) -> None:
    ran = install(place, "assets", "--out", "out", pattern)

    assert ran.code == 0, ran.err
    out = place / "out"
    assert sorted(str(one.relative_to(out)) for one in out.rglob("*") if one.is_file()) == there


def test_a_name_that_nothing_has_is_told(place: Path) -> None:
    ran = install(place, "assets", "--out", "out", "modles")

    assert ran.code == 5
    assert "the bundle has no asset modles" in ran.err
