"""The kit of a bundle: which files it is, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.errors import MissingError, UsageError
from cube_bundle.image_list import read_list
from cube_install.assets.kit import architecture_of, is_of_kit, kit_of, sums_of
from tests.support.bundled_files import bundle_of_files

if TYPE_CHECKING:
    from pathlib import Path

KIT = {
    "kubectl/linux-amd64/kubectl": ("bootstrap: applies", b"\x7fELF amd64"),
    "kubectl/linux-arm64/kubectl": ("bootstrap: applies", b"\x7fELF arm64"),
    "harbor/harbor-offline-installer-v2.11.1.tgz": ("bootstrap: the registry", b"amd"),
    "harbor/harbor-offline-installer-aarch64-v2.13.0.tgz": ("bootstrap: the registry", b"arm"),
    "rke2/rke2-install.sh": ("bootstrap", b"#!/bin/sh"),
    "models/net.onnx": ("runtime: a model", b"net"),
}


def names(tmp_path: Path, files: dict[str, tuple[str, bytes]], architecture: str) -> list[str]:
    path = bundle_of_files(files).write(tmp_path / "b.tar.zst")
    with Bundle.open(path) as bundle:
        return [f"{short}={one.name}" for short, one in kit_of(bundle, architecture).items()]


def test_it_is_the_files_for_one_kind_of_machine_by_plain_names(tmp_path: Path) -> None:
    assert names(tmp_path, KIT, "amd64") == [
        "kubectl=kubectl/linux-amd64/kubectl",
        "harbor-offline-installer-v2.11.1.tgz=harbor/harbor-offline-installer-v2.11.1.tgz",
        "rke2-install.sh=rke2/rke2-install.sh",
    ]
    assert names(tmp_path, KIT, "arm64")[0] == "kubectl=kubectl/linux-arm64/kubectl"


def test_a_bundle_for_other_machines_is_told_with_those_that_it_has(tmp_path: Path) -> None:
    only = {name: file for name, file in KIT.items() if "linux-arm64" in name}

    with pytest.raises(MissingError, match="of amd64 with"):
        names(tmp_path, only, "amd64")


def test_a_bundle_without_a_kit_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="none") as caught:
        names(tmp_path, {"models/net.onnx": KIT["models/net.onnx"]}, "amd64")

    assert "--list kit" in caught.value.remedy


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    both = {"a/run.sh": ("bootstrap", b"1"), "b/run.sh": ("bootstrap", b"2")}

    with pytest.raises(UsageError, match=r"called run\.sh: a/run\.sh and b/run\.sh"):
        names(tmp_path, both, "amd64")


def test_the_sums_are_as_sha256sum_reads_them(tmp_path: Path) -> None:
    path = bundle_of_files(KIT).write(tmp_path / "b.tar.zst")
    with Bundle.open(path) as bundle:
        text = sums_of(kit_of(bundle, "amd64"))

    assert [line[64:] for line in text.splitlines()] == [
        "  harbor-offline-installer-v2.11.1.tgz",
        "  kubectl",
        "  rke2-install.sh",
    ]


@pytest.mark.parametrize("profile", ["bootstrap", "k3s", "kit", "rke2"])
def test_every_file_of_our_lists_says_for_which_machines_it_is(profile: str) -> None:
    for asset in read_list(profile).assets:
        platforms = [one.architecture for one in asset.platforms]
        assert [architecture_of(asset.name)] == (platforms or [""]), asset.name
        assert asset.why.startswith("bootstrap"), asset.name


@pytest.mark.parametrize("profile", ["bootstrap", "k3s", "kit", "rke2"])
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_no_two_files_of_a_list_get_one_name(profile: str, architecture: str) -> None:
    found = [
        one.name.rpartition("/")[2]
        for one in read_list(profile).assets
        if architecture_of(one.name) in {"", architecture}
    ]

    assert len(set(found)) == len(found) > 1


def test_what_the_platform_fetches_later_is_none_of_it(tmp_path: Path) -> None:
    path = bundle_of_files(KIT).write(tmp_path / "b.tar.zst")
    with Bundle.open(path) as bundle:
        others = [one.name for one in bundle.catalogue.assets if not is_of_kit(one)]

    assert others == ["models/net.onnx"]
