"""The plan of a bundle with files besides its images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.catalogue import Allowance, BundledAsset, Encoding
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.progress import Silent
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.registries import Registries
from cube_bundle.assets.resolution import ResolvedAsset
from cube_bundle.image_request import ImageRequest
from cube_bundle.plan import BundlePlan, Extras, plan_bundle
from cube_bundle.resolution import Resolver, Selection
from cube_bundle.sources import ImageOrigin
from tests.support.image_factory import (
    ImageBlobs,
    attested,
    blob_path,
    digest_of,
    image,
    index,
    layer,
    write_oci_layout,
)
from tests.support.made_plan import assert_holds, build
from tests.support.memory_source import MemorySource, noise

if TYPE_CHECKING:
    from pathlib import Path

    from cube_bundle.image_tree import ImageTree

LAYER = layer({"a": noise(100_000, seed=1)})
APP = image([LAYER])
NAME = "quay.io/site/app:1"


@pytest.fixture
def trees(tmp_path: Path) -> tuple[ImageTree, ...]:
    write_oci_layout(tmp_path / "layout", {NAME: APP})
    request = ImageRequest(ImageOrigin.parse(f"oci:{tmp_path / 'layout'}:{NAME}"))
    with Registries(RegistryAccess()) as registries:
        return Resolver(registries, tmp_path, 1, Silent()).resolve([request], Selection())


def asset(name: str, data: bytes, size: int | None = None) -> ResolvedAsset:
    stated = len(data) if size is None else size
    about = BundledAsset(name, f"https://h/{name}", Digest.of(data), stated, "models", "fetched")
    return ResolvedAsset(about, MemorySource([data]))


def plan(trees: tuple[ImageTree, ...], *assets: ResolvedAsset) -> BundlePlan:
    return plan_bundle(trees, (), 1, Extras(assets))


def test_an_asset_is_a_large_stored_blob_however_small(trees: tuple[ImageTree, ...]) -> None:
    planned = plan(trees, asset("tiny", b"1"))

    (blob,) = [one for one in planned.large if one.digest == Digest.of(b"1")]
    assert (blob.encoding, blob.component) == (Encoding.STORED, "models")
    assert blob.media_type == "application/octet-stream"
    assert planned.needs["asset tiny"] == {Digest.of(b"1")}


def test_assets_are_an_artifact_too_so_that_registries_take_them(
    trees: tuple[ImageTree, ...],
) -> None:
    planned = plan(trees, asset("b", b"2"), asset("a", b"1"))

    (image,) = [one for one in planned.catalogue.images if one.has_assets]
    manifest = json.loads(planned.small[image.digest.layout_path])
    names = [one["annotations"]["org.opencontainers.image.title"] for one in manifest["layers"]]
    assert names == ["a", "b"]
    assert manifest["layers"][0]["digest"] == str(Digest.of(b"1"))
    assert planned.small[Digest.of(b"{}").layout_path] == b"{}"


def test_without_assets_there_is_no_artifact(trees: tuple[ImageTree, ...]) -> None:
    assert not any(one.has_assets for one in plan(trees).catalogue.images)


def test_the_order_of_assets_and_files_does_not_change_the_plan(
    trees: tuple[ImageTree, ...],
) -> None:
    one, two = asset("a", b"1"), asset("b", b"2")
    files = {"job-templates/a.json": b"{}", "init-data/b.json": b"{}"}

    first = plan_bundle(trees, (), 1, Extras((one, two), files))
    other = plan_bundle(trees, (), 1, Extras((two, one), dict(reversed(files.items()))))

    assert first.catalogue.raw == other.catalogue.raw
    assert [file.path for file in first.catalogue.files] == [
        "oci-layout",
        "index.json",
        "init-data/b.json",
        "job-templates/a.json",
    ]


def test_an_asset_that_is_also_a_layer_or_a_manifest_lies_there_once(
    trees: tuple[ImageTree, ...], tmp_path: Path
) -> None:
    same_layer, same_manifest = asset("layer.gz", LAYER.data), asset("manifest.json", APP.root)
    planned = plan(trees, same_layer, same_manifest)

    # With the manifest and the configuration of the artifact of all assets.
    assert len(planned.catalogue.by_digest) == 3 + 2
    build(planned, tmp_path / "b.tar.zst")
    assert_holds(tmp_path / "b.tar.zst", [LAYER.data, next(iter(APP.blobs.values())), b"{}"])


def test_two_assets_of_the_same_bytes_lie_there_once(trees: tuple[ImageTree, ...]) -> None:
    planned = plan(trees, asset("a", b"1"), asset("b", b"1"))

    assert len(planned.catalogue.assets) == 2
    assert sum(one.digest == Digest.of(b"1") for one in planned.catalogue.blobs) == 1


def planned_of(directory: Path, one: ImageBlobs) -> BundlePlan:
    write_oci_layout(directory / "layout", {NAME: one})
    request = ImageRequest(ImageOrigin.parse(f"oci:{directory / 'layout'}:{NAME}"))
    with Registries(RegistryAccess()) as registries:
        resolver = Resolver(registries, directory, 1, Silent())
        return plan(resolver.resolve([request], Selection()))


def test_a_short_statement_lies_in_the_head_and_a_long_layer_does_not(tmp_path: Path) -> None:
    plain = layer({"plain.txt": b"the same line again\n" * 10_000}, "none")
    planned = planned_of(tmp_path, attested(image([LAYER, plain])))
    assert {one.digest.hex for one in planned.large} == {
        digest_of(one.data).removeprefix("sha256:") for one in (LAYER, plain)
    }


def test_two_sizes_of_one_blob_are_told(trees: tuple[ImageTree, ...]) -> None:
    with pytest.raises(IntegrityError, match="is said to have"):
        plan(trees, asset("a", LAYER.data, size=5))


def test_what_is_allowed_to_be_missing_is_in_the_catalogue(trees: tuple[ImageTree, ...]) -> None:
    allowed = Allowance("text", "python3.9", "a typo")

    assert plan_bundle(trees, (), 1, Extras(allowed=(allowed,))).catalogue.allowed == (allowed,)


def test_a_configuration_of_an_index_with_other_bytes_is_refused(tmp_path: Path) -> None:
    write_oci_layout(tmp_path / "layout", {NAME: index([APP])})
    path = blob_path(tmp_path / "layout", APP.body["config"]["digest"])
    path.write_bytes(path.read_bytes()[::-1])
    request = ImageRequest(ImageOrigin.parse(f"oci:{tmp_path / 'layout'}:{NAME}"))
    with Registries(RegistryAccess()) as registries:
        trees = Resolver(registries, tmp_path, 1, Silent()).resolve([request], Selection())

    with pytest.raises(IntegrityError, match=r"blob sha256:.* other bytes"):
        plan(trees)
