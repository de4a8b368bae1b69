from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, IntegrityError, UsageError
from cube_airgap.manifest import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    LARGEST_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Manifest,
)
from tests.support.image_factory import artifact, image, multi_arch

DIGEST = "sha256:" + "2" * 64
ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json"
ITEM = {"mediaType": "application/x", "digest": DIGEST, "size": 1}


def parse(body: object, media_type: str = "") -> Manifest:
    return Manifest.parse(json.dumps(body).encode(), media_type=media_type, where="app:1")


def test_an_image_manifest_has_a_configuration_and_layers() -> None:
    one = image()

    manifest = Manifest.parse(one.root, where="app:1")

    assert manifest.raw == one.root
    assert not manifest.is_index
    assert [str(blob.digest) for blob in manifest.blobs] == [
        one.body["config"]["digest"],
        *(layer["digest"] for layer in one.body["layers"]),
    ]
    assert manifest.children == ()


@pytest.mark.parametrize(("docker", "media_type"), [(False, OCI_INDEX), (True, DOCKER_LIST)])
def test_an_index_has_children_with_platforms(docker: bool, media_type: str) -> None:
    one = multi_arch("linux/amd64", "linux/arm64", docker=docker)

    manifest = Manifest.parse(one.root, where="app:1")

    assert manifest.is_index
    assert manifest.media_type == media_type
    assert [str(child.platform) for child in manifest.children] == ["linux/amd64", "linux/arm64"]
    assert manifest.blobs == ()


def test_digest_and_size_are_of_the_raw_bytes() -> None:
    raw = b'{ "layers" : [] }\n'

    manifest = Manifest.parse(raw, where="x")

    assert manifest.digest == Digest.of(raw)
    assert manifest.descriptor.size == len(raw)


def test_a_referrer_says_what_it_is_about() -> None:
    subject = image()

    manifest = Manifest.parse(artifact(subject).root, where="x")

    assert manifest.subject
    assert str(manifest.subject.digest) == subject.digest


@pytest.mark.parametrize(
    ("body", "carrier", "media_type"),
    [
        ({"mediaType": DOCKER_MANIFEST, "layers": []}, OCI_MANIFEST, DOCKER_MANIFEST),
        ({"layers": []}, f"{DOCKER_MANIFEST}; charset=utf-8", DOCKER_MANIFEST),
        ({"layers": []}, "application/json", OCI_MANIFEST),
        ({"manifests": []}, "", OCI_INDEX),
        ({"blobs": [ITEM]}, ARTIFACT_MANIFEST, ARTIFACT_MANIFEST),
    ],
)
def test_the_media_type_is_the_manifests_own_then_the_carriers_then_by_shape(
    body: dict[str, Any], carrier: str, media_type: str
) -> None:
    assert parse(body, carrier).media_type == media_type


@pytest.mark.parametrize(
    "body",
    [
        {"schemaVersion": 1, "fsLayers": []},
        {"mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws"},
    ],
)
def test_schema_1_is_refused_with_a_way_out(body: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="schema 1") as caught:
        parse(body)
    assert "newer tag" in caught.value.remedy


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"schemaVersion":2}',
        b'{"layers":[{}]}',
        b'{"layers":"x"}',
        b'{"manifests":[1]}',
        b'{"config":1}',
        b'{"layers":[],"subject":{"size":1}}',
        b'{"a":' * 100_000,
        b"\xff\xfe",
        b" " * (LARGEST_MANIFEST + 1),
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    with pytest.raises(IntegrityError, match="app:1"):
        Manifest.parse(raw, where="app:1")


@pytest.mark.parametrize("key", ["config", "layers"])
def test_an_index_that_is_an_image_too_is_refused(key: str) -> None:
    value = {"config": ITEM, "layers": [ITEM]}[key]

    with pytest.raises(IntegrityError, match="at once"):
        parse({"manifests": [], key: value})


def test_a_media_type_that_nobody_knows_is_carried_untouched() -> None:
    strange = "application/vnd.example.thing+json"

    assert parse({"mediaType": strange, "layers": [ITEM]}).media_type == strange


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["schemaVersion", "mediaType", "manifests", "config", "layers", "blobs", "subject"]


@given(
    st.binary() | st.dictionaries(st.sampled_from(KEYS), JSON).map(lambda b: json.dumps(b).encode())
)
def test_any_bytes_are_a_manifest_or_refused_plainly(raw: bytes) -> None:
    try:
        manifest = Manifest.parse(raw, where="x")
    except AirgapError:
        return
    assert manifest.raw == raw
    assert all(blob.size >= 0 for blob in (*manifest.children, *manifest.blobs))
