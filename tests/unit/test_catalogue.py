from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from cube_airgap.catalogue import (
    LARGEST_MANIFESTS,
    Allowance,
    Assumption,
    Attached,
    BundledAsset,
    BundledBlob,
    BundledFile,
    BundledImage,
    Catalogue,
    Encoding,
    LeftOut,
)
from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, IntegrityError, UsageError
from cube_airgap.platforms import Platform
from cube_airgap.reference import Reference
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import image, layer, multi_arch
from tests.support.json_mutations import mutated

SCHEMA = json.loads(
    resources.files("cube_airgap").joinpath("schemas/catalogue.schema.json").read_text()
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def digest(text: str) -> Digest:
    return Digest.of(text.encode())


def full_catalogue() -> Catalogue:
    """One that uses every field there is."""
    return Catalogue(
        images=(
            BundledImage(
                reference=Reference.parse(f"quay.io/a/b:1@{digest('pin')}"),
                digest=digest("m"),
                component="infra",
                why="the backend's database",
                platforms=(Platform("linux", "amd64"), Platform("windows", "amd64", "", "10 (x)")),
                left_out=(LeftOut(digest("arm"), "not asked for", "linux/arm64"),),
                referrers=(Attached(digest("sig"), "sha256-0.sig"), Attached(digest("sbom"))),
                source="docker-daemon:b",
            ),
        ),
        files=(BundledFile("oci-layout", digest("f"), 3),),
        manifests=(BundledBlob(digest("m"), 5, "application/m", Encoding.ZSTD, "infra"),),
        blobs=(BundledBlob(digest("b"), 2**40, "application/b", Encoding.STORED, "infra"),),
        assets=(
            BundledAsset("a/b.mar", "https://h/b.mar", digest("b"), 2**40, "infra", "fetched"),
        ),
        allowed=(
            Allowance("text", "python3.9", "a typo", "x.json:7"),
            Allowance("image", "a", "b"),
        ),
        assumes=(
            Assumption(
                (BundledBlob(digest("l"), 7, "application/l", Encoding.ZSTD, "infra"),),
                digest("base"),
            ),
            Assumption((BundledBlob(digest("k"), 8, "application/k", Encoding.STORED, "infra"),)),
        ),
    )


FULL = json.loads(full_catalogue().raw)


def parse(body: object) -> Catalogue:
    return Catalogue.parse(json.dumps(body).encode())


def changed(*path: str | int, to: object) -> dict[str, Any]:
    body = copy.deepcopy(FULL)
    holder: Any = body
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = to
    return body


def test_what_is_written_is_read_back() -> None:
    catalogue = full_catalogue()

    again = Catalogue.parse(catalogue.raw)

    assert again == catalogue
    assert again.digest == catalogue.digest == Digest.of(catalogue.raw)


def test_the_same_catalogue_is_always_the_same_bytes() -> None:
    raw = full_catalogue().raw

    assert raw == full_catalogue().raw
    assert raw.count(b"\n") == 1
    assert json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")) == raw.decode()[:-1]


def test_a_catalogue_without_what_is_optional_does_not_speak_of_it() -> None:
    optional = {"assets", "allowed", "assumes"}
    body = {key: value for key, value in FULL.items() if key not in optional}

    assert (parse(body).assets, parse(body).allowed, parse(body).assumes) == ((), (), ())
    assert not optional & json.loads(Catalogue((), (), (), ()).raw).keys()
    VALIDATOR.validate(body)


def test_the_schema_takes_what_is_written() -> None:
    images = {
        "docker.io/library/a:1": image([layer({}, "none")]),
        "quay.io/b:2": multi_arch("linux/arm64/v8"),
    }

    VALIDATOR.validate(FULL)
    VALIDATOR.validate(tiny_bundle(images).catalogue)


def test_a_later_minor_version_is_read_and_its_fields_stay_in_the_bytes() -> None:
    body = changed("format", "minor", to=7)
    body["deltas"] = [{"base": "https://x"}]
    body["blobs"][0]["shared"] = True
    raw = json.dumps(body).encode()

    catalogue = Catalogue.parse(raw)

    assert catalogue.raw == raw
    assert catalogue.members()[0].size == len(raw)
    assert catalogue.blobs == full_catalogue().blobs
    VALIDATOR.validate(body)


@pytest.mark.parametrize(
    "body", [changed("format", "major", to=2), changed("blobs", 0, "encoding", to="recipe")]
)
def test_what_only_a_newer_program_knows_is_refused_with_a_way_out(body: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(body)
    assert "newer" in caught.value.remedy


def test_a_newer_major_version_may_look_quite_different() -> None:
    with pytest.raises(UsageError, match=r"format version 3\.1"):
        parse({"format": {"name": "cube-airgap-bundle", "major": 3, "minor": 1}})


MALFORMED = {
    "another format": changed("format", "name", to="zarf"),
    "a text for a version": changed("format", "major", to="1"),
    "a truth for a version": changed("format", "major", to=True),
    "no minor version": changed("format", to={"name": "cube-airgap-bundle", "major": 1}),
    "images as an object": changed("images", to={}),
    "images as a text": changed("images", to=""),
    "an image as a text": changed("images", 0, to="nginx"),
    "a short reference": changed("images", 0, "reference", to="nginx"),
    "a reference with upper case": changed("images", 0, "reference", to="quay.io/A:1"),
    "no reason": changed("images", 0, "why", to=None),
    "platforms as texts": changed("images", 0, "platforms", to=["linux/amd64"]),
    "a platform of numbers": changed("images", 0, "platforms", 0, "os", to=1),
    "a referrer's tag that is a path": changed("images", 0, "referrers", 0, "tag", to="../x"),
    "left out as null": changed("images", 0, "leftOut", to=None),
    "a digest that is a path": changed("blobs", 0, "digest", to="sha256:../../x"),
    "a digest that is null": changed("blobs", 0, "digest", to=None),
    "a negative size": changed("blobs", 0, "size", to=-1),
    "a size beyond 64 bits": changed("blobs", 0, "size", to=2**63),
    "a size that is true": changed("blobs", 0, "size", to=True),
    "a size that is a text": changed("blobs", 0, "size", to="5"),
    "an encoding that is a number": changed("blobs", 0, "encoding", to=5),
    "a media type that is null": changed("blobs", 0, "mediaType", to=None),
    "a huge manifest": changed("manifests", 0, "size", to=(4 << 20) + 1),
    "a path above": changed("files", 0, "path", to="../x"),
    "an absolute path": changed("files", 0, "path", to="/x"),
    "a path that is a number": changed("files", 0, "path", to=1),
    "a path that is the catalogue's": changed("files", 0, "path", to="bundle.json"),
    "a path that is the signature's": changed("files", 0, "path", to="bundle.json.sig"),
    "a path below the catalogue": changed("files", 0, "path", to="bundle.json/x"),
    "a path among the blobs": changed("files", 0, "path", to="blobs/x"),
    "a path over the blobs": changed("files", 0, "path", to="blobs"),
    "assets as an object": changed("assets", to={}),
    "an asset's name that is a path above": changed("assets", 0, "name", to="a/../../x"),
    "an asset's name that is too long": changed("assets", 0, "name", to="a" * 101),
    "an asset without an address": changed("assets", 0, "url", to=None),
    "an asset's size that is a text": changed("assets", 0, "size", to="5"),
    "allowed as a text": changed("allowed", to="all"),
    "allowed without a reason": changed("allowed", 0, "reason", to=None),
    "assumptions as an object": changed("assumes", to={}),
    "assumed blobs as a text": changed("assumes", 0, "blobs", to="all"),
    "an assumed blob without a size": changed("assumes", 0, "blobs", 0, "size", to=None),
    "a carrying bundle that is null": changed("assumes", 0, "bundle", to=None),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_parser_and_schema_refuse_the_same(body: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(body)
    with pytest.raises((IntegrityError, UsageError)):
        parse(body)


def test_wrong_types_are_damage_and_not_a_users_mistake() -> None:
    for name, body in MALFORMED.items():
        with pytest.raises(IntegrityError) as caught:
            parse(body)
        assert caught.value.remedy, name


@pytest.mark.parametrize(
    "body",
    [
        changed("files", to=FULL["files"] * 2),
        changed("blobs", to=FULL["blobs"] * 2),
        changed("blobs", to=FULL["manifests"]),
        changed("assumes", 0, "blobs", to=FULL["blobs"]),
        changed("assumes", to=FULL["assumes"] * 2),
        changed("images", to=FULL["images"] * 2),
        changed("assets", to=FULL["assets"] * 2),
        changed("assets", to=[FULL["assets"][0], {**FULL["assets"][0], "name": "a"}]),
        changed("files", to=[FULL["files"][0], {**FULL["files"][0], "path": "oci-layout/x"}]),
        changed("manifests", to=[
            {**FULL["manifests"][0], "digest": str(digest(str(number))), "size": 4 << 20}
            for number in range(LARGEST_MANIFESTS // (4 << 20) + 1)
        ]),
    ],
)  # fmt: skip
def test_what_a_schema_cannot_say_is_refused_too(body: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        parse(body)


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b"null", b"1", b"[" * 99_999, b'"x"', b"{}"])
def test_what_is_no_catalogue_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(IntegrityError, match="catalogue cannot be used"):
        Catalogue.parse(raw)


@settings(deadline=None, max_examples=400)
@given(mutated(FULL))
def test_any_change_is_refused_plainly_or_fits_the_schema(body: dict[str, Any]) -> None:
    try:
        catalogue = parse(body)
    except AirgapError:
        return
    assert VALIDATOR.is_valid(body)
    assert Catalogue.parse(catalogue.raw) == catalogue


def test_members_lie_in_the_catalogues_order() -> None:
    catalogue = full_catalogue()

    assert [member.path for member in catalogue.members()] == [
        "bundle.json",
        "oci-layout",
        digest("m").layout_path,
        digest("b").layout_path,
    ]
    assert catalogue.digests["oci-layout"] == digest("f")


def test_what_is_assumed_is_no_member_and_is_told_with_the_bundle_that_carries_it() -> None:
    catalogue = full_catalogue()

    assert set(catalogue.assumed) == {digest("l"), digest("k")}
    assert not set(catalogue.assumed) & set(catalogue.by_digest)
    assert catalogue.carrier(digest("l")) == digest("base")
    assert catalogue.carrier(digest("k")) is None
