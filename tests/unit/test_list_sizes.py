"""Sizes of listed images, from what their origins answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.platforms import Platform
from cube_airgap.progress import Silent
from cube_airgap.reference import Reference
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.credentials import Credentials
from cube_airgap.registry.registries import Registries
from cube_bundle.image_request import ImageRequest
from cube_bundle.list_sizes import ListSizes, SizeReader
from cube_bundle.resolution import Selection
from cube_bundle.sources import ImageOrigin
from tests.support.image_factory import ImageBlobs, image, layer, multi_arch, write_oci_layout

if TYPE_CHECKING:
    from pathlib import Path

BASE = layer({"base.txt": b"base\n" * 100})
ONE = image([BASE, layer({"one.txt": b"one\n"})])
OTHER = image([BASE, layer({"other.txt": b"other\n"})])


def sizes_of(tmp_path: Path, images: dict[str, ImageBlobs], *platforms: str) -> ListSizes:
    """Sizes of `images` by tag, and of one of tag `gone` that its layout does not have."""
    layout = tmp_path / "layout"
    write_oci_layout(layout, {reference(tag): one for tag, one in images.items()})
    requests = [
        ImageRequest(ImageOrigin.parse(f"{reference(tag)}=oci:{layout}:{reference(tag)}"))
        for tag in [*images, "gone"]
    ]
    access = RegistryAccess(credentials=Credentials.read())
    selection = Selection(tuple(Platform.parse(text) for text in platforms), with_referrers=False)
    with Registries(access) as registries:
        return SizeReader(registries, tmp_path, 2, Silent()).sizes(requests, selection)


def reference(tag: str) -> str:
    return f"registry.example/team/app:{tag}"


def blob_bytes(one: ImageBlobs) -> int:
    return sum(len(blob) for digest, blob in one.blobs.items() if digest != one.digest)


def test_an_image_is_as_large_as_its_configuration_and_layers(tmp_path: Path) -> None:
    sizes = sizes_of(tmp_path, {"one": ONE}, "linux/amd64")

    assert sizes.of([Reference.parse(reference("one"))]) == blob_bytes(ONE)


def test_layers_that_images_share_count_once(tmp_path: Path) -> None:
    sizes = sizes_of(tmp_path, {"one": ONE, "other": OTHER}, "linux/amd64")

    both = sizes.of([Reference.parse(reference(tag)) for tag in ("one", "other")])
    assert both == blob_bytes(ONE) + blob_bytes(OTHER) - len(BASE.data)


def test_only_the_wanted_platforms_count(tmp_path: Path) -> None:
    one = multi_arch("linux/amd64", "linux/arm64")
    few = sizes_of(tmp_path / "few", {"one": one}, "linux/amd64")
    all_ = sizes_of(tmp_path / "all", {"one": one}, "linux/amd64", "linux/arm64")

    wanted = [Reference.parse(reference("one"))]
    assert 0 < (few.of(wanted) or 0) < (all_.of(wanted) or 0)


def test_an_image_that_is_not_there_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    sizes = sizes_of(tmp_path, {"one": ONE}, "linux/amd64")

    gone = Reference.parse(reference("gone"))
    assert set(sizes.unknown) == {gone}
    assert "gone" in sizes.unknown[gone]
    assert sizes.of([gone]) is None
    assert sizes.of([gone, Reference.parse(reference("one"))]) == blob_bytes(ONE)
