"""The pull side of the distribution spec."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_install.serve.exchange import BlobPart
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    artifact,
    cosign_tag,
    image,
    layer,
    multi_arch,
)
from tests.support.registry_over_bundle import Asked, registry_over
from tests.support.serving import attach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = image([layer({"a": b"app"}), layer({"b": b"plain"}, "none")])
MULTI = multi_arch("linux/amd64", "linux/arm64", docker=True)
OTHER = image([layer({"c": b"other"})])
SBOM = artifact(APP)
NOTE = image([layer({"n": b"note"})], subject=APP)
SIGNATURE = artifact(artifact_type="application/vnd.dev.cosign")
NAME = "docker.io/library/app:1"
V2 = "/v2/library/app"
LAYER = APP.body["layers"][0]["digest"]
ABSENT = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    tiny = tiny_bundle(
        {
            NAME: APP,
            "docker.io/library/app:2": MULTI,
            "quay.io/other:1": OTHER,
            "sbom.example/a:1": SBOM,
            "note.example/a:1": NOTE,
            "signature.example/a:1": SIGNATURE,
        }
    )
    attach(tiny, NAME, "sbom.example/a:1")
    attach(tiny, NAME, "note.example/a:1")
    attach(tiny, NAME, "signature.example/a:1", cosign_tag(APP))
    by_name = {one["reference"]: one for one in tiny.catalogue["images"]}
    by_name["docker.io/library/app:2"]["leftOut"] = [
        {"digest": ABSENT, "why": "not asked for", "platform": "linux/s390x"}
    ]
    with registry_over(tiny, tmp_path_factory.mktemp("registry")) as found:
        yield found


def bytes_of(body: bytes | BlobPart) -> bytes:
    assert isinstance(body, bytes)
    return body


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_it_says_that_it_is_a_registry(asked: Asked, path: str) -> None:
    assert asked.json(path) == {}


@pytest.mark.parametrize("reference", ["1", APP.digest])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_manifest_is_given_as_it_is(asked: Asked, reference: str, method: str) -> None:
    answer = asked.get(f"{V2}/manifests/{reference}", method, Accept=OCI_MANIFEST)
    assert (answer.status, answer.body) == (200, APP.root)
    assert answer.headers == {
        "Content-Type": OCI_MANIFEST,
        "Docker-Content-Digest": APP.digest,
        "ETag": f'"{APP.digest}"',
    }


def test_an_index_and_its_children_are_given(asked: Asked) -> None:
    answer = asked.get(f"{V2}/manifests/2", Accept=f"{DOCKER_LIST}, {OCI_INDEX}")
    assert (answer.body, answer.headers["Content-Type"]) == (MULTI.root, DOCKER_LIST)
    for child in MULTI.body["manifests"]:
        answer = asked.get(f"{V2}/manifests/{child['digest']}")
        assert answer.headers["Docker-Content-Digest"] == child["digest"]


def test_a_manifest_that_the_client_has_is_not_sent_again(asked: Asked) -> None:
    answer = asked.get(f"{V2}/manifests/1", If_None_Match=f'"x", "{APP.digest}"')
    assert (answer.status, answer.body) == (304, b"")


def test_a_manifest_of_a_type_that_the_client_does_not_take_is_not_found(asked: Asked) -> None:
    refused = asked.refusal(f"{V2}/manifests/1", Accept=DOCKER_MANIFEST)
    assert refused[:2] == (404, "MANIFEST_UNKNOWN")
    assert OCI_MANIFEST in refused[2]


@pytest.mark.parametrize("reference", ["9", ".invalid", ABSENT, OTHER.digest, LAYER])
def test_a_manifest_that_is_not_there_is_not_found(asked: Asked, reference: str) -> None:
    assert asked.refusal(f"{V2}/manifests/{reference}")[:2] == (404, "MANIFEST_UNKNOWN")


def test_the_tags_that_are_there_are_told(asked: Asked) -> None:
    assert asked.refusal(f"{V2}/manifests/9")[2].endswith(f"there are 1, 2, {cosign_tag(APP)}")


def test_why_a_platform_is_not_there_is_told(asked: Asked) -> None:
    refused = asked.refusal(f"{V2}/manifests/{ABSENT}")
    assert refused[2] == f"{ABSENT} was left out of the bundle: not asked for"


@pytest.mark.parametrize("kind", ["manifests", "blobs", "referrers"])
@pytest.mark.parametrize("digest", ["sha256:ab", "md5:" + "0" * 32, "sha256:" + "G" * 64])
def test_what_is_no_digest_is_refused(asked: Asked, kind: str, digest: str) -> None:
    assert asked.refusal(f"{V2}/{kind}/{digest}")[:2] == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("kind", [f"manifests/{APP.digest}", f"blobs/{LAYER}", "tags/list"])
def test_a_repository_that_is_not_there_is_not_found(asked: Asked, kind: str) -> None:
    assert asked.refusal(f"/v2/library/nothing/{kind}")[:2] == (404, "NAME_UNKNOWN")
    assert asked.refusal(f"/v2/library/app/{kind}?ns=gcr.io")[:2] == (404, "NAME_UNKNOWN")


def test_a_repository_of_a_mirrored_host_is_given(asked: Asked) -> None:
    assert asked.get(f"{V2}/manifests/1?ns=docker.io").body == APP.root


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_blob_is_given_whole(asked: Asked, method: str) -> None:
    answer = asked.get(f"{V2}/blobs/{LAYER}", method)
    size = len(APP.blobs[LAYER])
    assert isinstance(answer.body, BlobPart)
    assert (answer.status, answer.body.start, answer.body.stop) == (200, 0, size)
    assert answer.headers == {
        "Content-Type": "application/octet-stream",
        "Docker-Content-Digest": LAYER,
        "ETag": f'"{LAYER}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "max-age=31536000",
    }


def test_a_part_of_a_blob_is_given(asked: Asked) -> None:
    answer = asked.get(f"{V2}/blobs/{LAYER}", Range="bytes=3-7")
    assert isinstance(answer.body, BlobPart)
    assert (answer.status, answer.body.start, answer.body.stop) == (206, 3, 8)
    assert answer.headers["Content-Range"] == f"bytes 3-7/{len(APP.blobs[LAYER])}"


def test_a_range_of_head_is_ignored(asked: Asked) -> None:
    assert asked.get(f"{V2}/blobs/{LAYER}", "HEAD", Range="bytes=3-7").status == 200


def test_a_range_that_is_not_there_is_refused(asked: Asked) -> None:
    target = f"{V2}/blobs/{LAYER}"
    assert asked.refusal(target, Range="bytes=99999-")[0] == 416
    answer = asked.get(target, Range="bytes=99999-")
    assert answer.headers["Content-Range"] == f"bytes */{len(APP.blobs[LAYER])}"


def test_a_blob_that_the_client_has_is_not_sent_again(asked: Asked) -> None:
    assert asked.get(f"{V2}/blobs/{LAYER}", If_None_Match=f'"{LAYER}"').status == 304


def test_a_manifest_may_be_had_as_a_blob(asked: Asked) -> None:
    assert asked.get(f"{V2}/blobs/{APP.digest}").size == len(APP.root)


@pytest.mark.parametrize("digest", [ABSENT, OTHER.body["layers"][0]["digest"]])
def test_a_blob_of_no_or_another_repository_is_not_found(asked: Asked, digest: str) -> None:
    assert asked.refusal(f"{V2}/blobs/{digest}")[:2] == (404, "BLOB_UNKNOWN")


def test_a_blob_that_is_known_to_be_damaged_is_refused(asked: Asked) -> None:
    entry = MULTI.body["manifests"][0]
    digest = entry["digest"]
    blob = Descriptor(entry["mediaType"], Digest.parse(digest), entry["size"])
    with pytest.raises(IntegrityError):
        list(asked.proofs.proven(blob, (one for one in [b"other"])))
    status, code, message = asked.refusal(f"{V2}/blobs/{digest}")
    assert (status, code) == (500, "UNKNOWN")
    assert "is damaged in the bundle" in message


def test_tags_are_listed_in_order(asked: Asked) -> None:
    expected = {"name": "library/app", "tags": ["1", "2", cosign_tag(APP)]}
    assert asked.json(f"{V2}/tags/list") == expected


def test_a_page_of_tags_leads_to_the_next(asked: Asked) -> None:
    answer = asked.get(f"{V2}/tags/list?n=1")
    assert json.loads(bytes_of(answer.body))["tags"] == ["1"]
    assert answer.headers["Link"] == '</v2/library/app/tags/list?n=1&last=1>; rel="next"'


def test_the_catalog_comes_in_pages_too(asked: Asked) -> None:
    answer = asked.get("/v2/_catalog?n=1")
    assert json.loads(bytes_of(answer.body)) == {
        "repositories": ["cube-studio/docker.io/library/app"]
    }
    assert "rel=" in answer.headers["Link"]
    last = asked.json("/v2/_catalog?n=5&last=cube-studio/docker.io/library/app")
    assert last == {"repositories": ["cube-studio/quay.io/other"]}


def test_referrers_are_listed_with_their_artifact_type(asked: Asked) -> None:
    answer = asked.get(f"{V2}/referrers/{APP.digest}")
    assert answer.headers["Content-Type"] == OCI_INDEX
    index = json.loads(bytes_of(answer.body))
    assert (index["schemaVersion"], index["mediaType"]) == (2, OCI_INDEX)
    found = {one["digest"]: one["artifactType"] for one in index["manifests"]}
    assert found == {
        SBOM.digest: "application/vnd.example.sbom",
        NOTE.digest: OCI_CONFIG,  # it has no artifactType, so its configuration's type counts
    }


def test_referrers_are_filtered_by_artifact_type(asked: Asked) -> None:
    target = f"{V2}/referrers/{APP.digest}?artifactType=application/vnd.example.sbom"
    answer = asked.get(target)
    listed = json.loads(bytes_of(answer.body))["manifests"]
    assert [one["digest"] for one in listed] == [SBOM.digest]
    assert answer.headers["OCI-Filters-Applied"] == "artifactType"


def test_what_nothing_refers_to_has_an_empty_list(asked: Asked) -> None:
    assert asked.json(f"{V2}/referrers/{ABSENT}")["manifests"] == []


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/v2/library/app/blobs/uploads/"),
        ("PUT", "/v2/library/app/manifests/1"),
        ("PATCH", "/v2/library/app/blobs/uploads/1"),
        ("DELETE", f"/v2/library/app/manifests/{APP.digest}"),
    ],
)
def test_nothing_is_written(asked: Asked, method: str, target: str) -> None:
    assert asked.refusal(target, method)[:2] == (405, "UNSUPPORTED")
    assert asked.get(target, method).headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("target", ["/", "/v1/", "/v2/library/app/blobs/uploads/", "/v2/a/b/c"])
def test_there_is_nothing_else(asked: Asked, target: str) -> None:
    assert asked.refusal(target)[:2] == (404, "UNSUPPORTED")


def test_a_damaged_manifest_spoils_its_image_only(tmp_path: Path) -> None:
    tiny = tiny_bundle({NAME: APP, "quay.io/other:1": OTHER})
    for number, member in enumerate(tiny.members):
        if member.path.endswith(APP.digest.removeprefix("sha256:")):
            spoiled = member.data.replace(b"layers", b"Layers")
            tiny.members[number] = type(member)(member.path, spoiled)
    with registry_over(tiny, tmp_path) as asked:
        assert len(asked.notes) == 1
        assert APP.digest.removeprefix("sha256:") in asked.notes[0]
        assert asked.refusal(f"{V2}/manifests/1")[:2] == (500, "UNKNOWN")
        assert asked.get("/v2/other/manifests/1").body == OTHER.root


def test_a_tag_alone_counts_before_one_with_a_digest(tmp_path: Path) -> None:
    pinned = f"docker.io/library/app:1@{OTHER.digest}"
    with registry_over(tiny_bundle({NAME: APP, pinned: OTHER}), tmp_path) as asked:
        assert asked.get(f"{V2}/manifests/1").body == APP.root
        assert asked.get(f"{V2}/manifests/{OTHER.digest}").body == OTHER.root
