from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.platforms import Platform

DIGEST = "sha256:" + "1" * 64
LAYER: dict[str, Any] = {"mediaType": "application/x", "digest": DIGEST, "size": 7}


def test_the_three_fields_are_read_and_written() -> None:
    descriptor = Descriptor.from_json(LAYER, where="m")

    assert descriptor == Descriptor("application/x", Digest.parse(DIGEST), 7)
    assert descriptor.to_json() == LAYER


def test_the_optional_fields_are_read() -> None:
    more = {
        "platform": {"os": "linux", "architecture": "arm64"},
        "urls": ["https://x/y"],
        "annotations": {"a": "b"},
        "artifactType": "sbom",
    }

    descriptor = Descriptor.from_json(LAYER | more, where="m")

    assert descriptor.platform == Platform("linux", "arm64")
    assert descriptor.urls == ("https://x/y",)
    assert descriptor.annotations == {"a": "b"}
    assert descriptor.artifact_type == "sbom"


@pytest.mark.parametrize(
    "change",
    [
        {"size": -1},
        {"size": "7"},
        {"size": True},
        {"size": None},
        {"size": 1.5},
        {"digest": None},
        {"digest": "sha256:../x"},
        {"annotations": []} | {"annotations": ["a"]},
        {"urls": "https://x"},
    ],
)
def test_a_malformed_field_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        Descriptor.from_json(LAYER | change, where="m")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["mediaType", "digest", "size", "platform", "urls", "annotations", "artifactType"]


@given(JSON | st.dictionaries(st.sampled_from(FIELDS), JSON).map(lambda some: LAYER | some))
def test_any_json_is_a_descriptor_or_refused_plainly(value: object) -> None:
    try:
        descriptor = Descriptor.from_json(value, where="m")
    except IntegrityError:
        return
    assert descriptor.size >= 0


def test_an_attestation_says_what_it_is_about() -> None:
    annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": DIGEST,
    }

    assert Descriptor.from_json(LAYER | {"annotations": annotations}, where="m").attests == DIGEST
    assert Descriptor.from_json(LAYER, where="m").attests is None


@pytest.mark.parametrize(
    ("media_type", "urls", "is_foreign"),
    [
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ["https://x"], True),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", ["https://x"], True),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", [], False),
        ("application/vnd.oci.image.layer.v1.tar", ["https://x"], False),
    ],
)
def test_a_layer_is_foreign_by_its_type_and_its_urls(
    media_type: str, urls: list[str], *, is_foreign: bool
) -> None:
    value = LAYER | {"mediaType": media_type, "urls": urls}

    assert Descriptor.from_json(value, where="m").is_foreign is is_foreign
