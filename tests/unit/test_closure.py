from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.catalogue import Catalogue
from cube_airgap.closure import closure_findings, layout_findings, reached_by
from cube_airgap.digest import Digest
from cube_airgap.finding import Finding, Problem
from cube_airgap.manifest import Manifest
from tests.support.bundle_factory import tiny_bundle
from tests.support.deltas import assuming
from tests.support.image_factory import artifact, as_json, digest_of, image, layer, multi_arch

if TYPE_CHECKING:
    from tests.support.bundle_factory import TinyBundle

NAME = "docker.io/library/app:1"


def findings(bundle: TinyBundle) -> list[Finding]:
    catalogue = Catalogue.parse(bundle.raw_catalogue)
    return list(closure_findings(catalogue, raw_manifests(bundle, catalogue)))


def raw_manifests(bundle: TinyBundle, catalogue: Catalogue) -> dict[Digest, bytes]:
    data = {one.path: one.data for one in bundle.members}
    return {one.digest: data[one.digest.layout_path] for one in catalogue.manifests}


def test_a_bundle_that_has_all_is_closed() -> None:
    assert findings(tiny_bundle({NAME: multi_arch("linux/amd64", "linux/arm64")})) == []


def test_what_is_lacking_is_told_with_the_image_that_needs_it() -> None:
    bundle = tiny_bundle({NAME: image()})
    (gone,) = [one for one in bundle.catalogue["blobs"] if "layer" in one["mediaType"]]
    bundle.catalogue["blobs"].remove(gone)

    assert findings(bundle) == [Finding(Problem.INCOMPLETE, NAME, f"needs blob {gone['digest']}")]


def layer_of(bundle: TinyBundle) -> str:
    (found,) = [one["digest"] for one in bundle.catalogue["blobs"] if "layer" in one["mediaType"]]
    return str(found)


def test_what_is_assumed_is_not_lacking() -> None:
    bundle = tiny_bundle({NAME: image()})

    assert findings(assuming(bundle, [layer_of(bundle)])) == []


def test_what_is_assumed_and_no_image_needs_is_told() -> None:
    bundle = tiny_bundle({NAME: image(), "quay.io/b:1": image([layer({"b": b"b"})])})
    bundle.catalogue["images"] = bundle.catalogue["images"][:1]
    bundle = assuming(bundle, [digest_of(layer({"b": b"b"}).data)])

    assert Problem.UNLISTED in {one.problem for one in findings(bundle)}


def test_what_is_assumed_has_the_size_that_its_manifest_says() -> None:
    bundle = tiny_bundle({NAME: image()})
    bundle = assuming(bundle, [layer_of(bundle)])
    bundle.catalogue["assumes"][0]["blobs"][0]["size"] += 1

    (found,) = findings(bundle)

    assert "bytes, not" in found.detail


def test_an_assets_blob_may_be_assumed() -> None:
    bundle = assuming(with_asset(b"model", carried=True, size=5), [digest_of(b"model")])

    assert findings(bundle) == []


def with_asset(data: bytes, *, carried: bool, size: int) -> TinyBundle:
    bundle = tiny_bundle({NAME: image()})
    digest = digest_of(data)
    asset = {"name": "a/model.mar", "url": "https://h/model.mar", "digest": digest, "size": size}
    bundle.catalogue["assets"] = [{**asset, "component": "demo", "why": "fetched"}]
    if carried:
        entry = {"mediaType": "application/octet-stream", "digest": digest, "size": len(data)}
        bundle.catalogue["blobs"].append({**entry, "encoding": "stored", "component": "demo"})
    return bundle


def test_an_assets_blob_is_needed_like_an_images() -> None:
    assert findings(with_asset(b"model", carried=True, size=5)) == []


def test_an_asset_whose_blob_is_not_carried_makes_the_bundle_incomplete() -> None:
    (found,) = findings(with_asset(b"model", carried=False, size=5))

    assert (found.problem, found.subject) == (Problem.INCOMPLETE, "a/model.mar")
    assert digest_of(b"model") in found.detail


def test_an_asset_of_another_size_than_its_blob_is_told() -> None:
    (found,) = findings(with_asset(b"model", carried=True, size=6))

    assert (found.problem, found.detail) == (
        Problem.INCOMPLETE,
        f"needs {digest_of(b'model')} with 6 bytes, not 5",
    )


def test_a_platform_that_was_left_out_is_not_lacking() -> None:
    one = multi_arch("linux/amd64", "linux/arm64")
    arm = one.body["manifests"][1]["digest"]
    bundle = tiny_bundle({NAME: one})
    bundle.catalogue["manifests"] = [
        entry for entry in bundle.catalogue["manifests"] if entry["digest"] != arm
    ]
    only_arm = set(json.loads(one.blobs[arm])["config"]["digest"].split()) | {
        item["digest"] for item in json.loads(one.blobs[arm])["layers"][1:]
    }
    bundle.catalogue["blobs"] = [
        entry for entry in bundle.catalogue["blobs"] if entry["digest"] not in only_arm
    ]

    assert findings(bundle) == [Finding(Problem.INCOMPLETE, NAME, f"needs manifest {arm}")]
    bundle.catalogue["images"][0]["leftOut"] = [{"digest": arm, "why": "not asked for"}]
    assert findings(bundle) == []


def test_a_size_that_the_manifest_does_not_say_is_told() -> None:
    bundle = tiny_bundle({NAME: image()})
    bundle.catalogue["blobs"][-1]["size"] += 1

    (finding,) = findings(bundle)

    assert finding.problem == Problem.INCOMPLETE
    assert "bytes, not" in finding.detail


def test_what_no_image_needs_is_told() -> None:
    bundle = tiny_bundle({NAME: image(), "quay.io/b:1": image([layer({"b": b"b"})])})
    bundle.catalogue["images"] = bundle.catalogue["images"][:1]

    assert {finding.problem for finding in findings(bundle)} == {Problem.UNLISTED}


def test_a_referrer_belongs_to_its_image() -> None:
    one = image()
    sbom = artifact(one)
    bundle = tiny_bundle({NAME: one, "quay.io/sbom:1": sbom})
    bundle.catalogue["images"] = [
        {**entry, "referrers": [{"digest": sbom.digest}]}
        for entry in bundle.catalogue["images"]
        if entry["reference"] == NAME
    ]
    catalogue = Catalogue.parse(bundle.raw_catalogue)
    manifests = {
        digest: Manifest.parse(raw, where="x")
        for digest, raw in raw_manifests(bundle, catalogue).items()
    }

    assert findings(bundle) == []
    assert Digest.parse(sbom.digest) in reached_by(catalogue.images[0], catalogue, manifests)


def test_a_manifest_that_is_none_is_told() -> None:
    bundle = tiny_bundle({NAME: image()})
    catalogue = Catalogue.parse(bundle.raw_catalogue)
    digest = Digest.parse(image().digest)

    found = list(closure_findings(catalogue, {digest: b"<html>"}))

    assert Finding(Problem.DAMAGED, f"manifest {digest}", f"manifest {digest} is not JSON") in found


LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


def layout_problems(index: Any, layout: bytes = LAYOUT) -> list[tuple[Problem, str]]:  # noqa: ANN401
    bundle = tiny_bundle({NAME: image()})
    catalogue = Catalogue.parse(bundle.raw_catalogue)
    raw = index if isinstance(index, bytes) else as_json(index)
    found = layout_findings(catalogue, {"oci-layout": layout, "index.json": raw})
    return [(finding.problem, finding.subject) for finding in found]


def entry(digest: str = image().digest, name: str = NAME) -> dict[str, Any]:
    return {"digest": digest, "annotations": {"org.opencontainers.image.ref.name": name}}


def test_an_index_with_just_the_images_is_right() -> None:
    assert layout_problems({"manifests": [entry()]}) == []


@pytest.mark.parametrize(
    ("entries", "problems"),
    [
        ([], {Problem.ABSENT}),
        ([entry(), entry(name="quay.io/other:1")], {Problem.UNLISTED}),
        ([entry(name="quay.io/other:1")], {Problem.ABSENT, Problem.UNLISTED}),
        ([entry(digest="sha256:1")], {Problem.ABSENT, Problem.UNLISTED}),
        ([{"digest": image().digest}], {Problem.ABSENT, Problem.UNLISTED}),
    ],
)
def test_an_index_with_other_images_is_told(
    entries: list[dict[str, Any]], problems: set[Problem]
) -> None:
    assert {problem for problem, _ in layout_problems({"manifests": entries})} == problems


@pytest.mark.parametrize(
    "index", [b"", b"[", [], {}, {"manifests": 1}, {"manifests": [1]}, b"[" * 99_999, b"\xff"]
)
def test_what_is_no_index_is_told(index: object) -> None:
    assert layout_problems(index) == [(Problem.DAMAGED, "index.json")]


@pytest.mark.parametrize("layout", [b"", b"[]", b"{}", b'{"imageLayoutVersion":"2.0.0"}'])
def test_what_is_no_layout_is_told(layout: bytes) -> None:
    index = {"manifests": [entry()]}

    assert layout_problems(index, layout) == [(Problem.DAMAGED, "oci-layout")]


def test_a_referrer_that_the_index_does_not_list_is_told() -> None:
    bundle = tiny_bundle({NAME: image()})
    sbom = artifact().digest
    bundle.catalogue["images"][0]["referrers"] = [{"digest": sbom}]
    catalogue = Catalogue.parse(bundle.raw_catalogue)
    files = {"oci-layout": LAYOUT, "index.json": as_json({"manifests": [entry()]})}

    told = f"does not list {sbom}"
    assert list(layout_findings(catalogue, files)) == [Finding(Problem.ABSENT, "index.json", told)]
