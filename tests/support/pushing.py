"""Bundles for pushes, and pushing them from within a test."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import requests

from cube_airgap.bundle import Bundle
from cube_airgap.progress import Silent
from cube_airgap.registry.registries import Registries
from cube_airgap.relocation import default_relocation
from cube_push.checks import Missing
from cube_push.push import Order, prepare
from cube_push.sparse_indexes import SparseIndex
from cube_push.stepped_bundle import SteppedBundle
from tests.support.bundle_factory import TinyBundle, blob_path, tiny_bundle
from tests.support.image_factory import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cube_airgap.progress import Progress
    from cube_airgap.registry.access import RegistryAccess
    from cube_push.outcome import Outcome
    from tests.support.image_factory import ImageBlobs
    from tests.support.real_registry import RealRegistry

_ACCEPT = {"Accept": ", ".join([OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST])}
_REQUEST = re.compile(r'"(GET|HEAD|PUT|POST|PATCH|DELETE) (\S+) HTTP/1.1" (\d+)')
PROJECT = "site"
RECORDS = "/cube-airgap/record/"


def with_referrers(
    images: dict[str, ImageBlobs], referrers: dict[str, Sequence[tuple[ImageBlobs, str]]]
) -> TinyBundle:
    """A bundle where things are attached to images: by the tag, or by their subject without one."""
    extra = {
        f"attached.test/{number}:1": one
        for number, one in enumerate(one for found in referrers.values() for one, _ in found)
    }
    bundle = tiny_bundle(images | extra)
    listed = [one for one in bundle.catalogue["images"] if one["reference"] not in extra]
    for one in listed:
        one["referrers"] = [
            {"digest": attached.digest} | ({"tag": tag} if tag else {})
            for attached, tag in referrers.get(one["reference"], ())
        ]
    bundle.catalogue["images"] = listed
    return bundle


def without(
    bundle: TinyBundle, left_out: Iterable[ImageBlobs], *, stated: bool = True
) -> TinyBundle:
    """The bundle without manifests and blobs of some children; `stated` as left out by an image."""
    children = list(left_out)
    gone = {child.digest for child in children}
    for child in children:
        gone |= {blob for blob in child.blobs if _only_there(blob, bundle, gone)}
    for kind in ("manifests", "blobs"):
        bundle.catalogue[kind] = [
            one for one in bundle.catalogue[kind] if one["digest"] not in gone
        ]
    if stated:
        for image in bundle.catalogue["images"]:
            image["leftOut"] = [
                {"digest": child.digest, "why": "platform", "platform": "linux/other"}
                for child in children
            ]
    paths = {blob_path(digest) for digest in gone}
    bundle.members = [one for one in bundle.members if one.path not in paths]
    return bundle


def _only_there(digest: str, bundle: TinyBundle, gone: set[str]) -> bool:
    """Whether no manifest of the bundle names `digest` but those that are gone."""
    manifests = {blob_path(one["digest"]): one["digest"] for one in bundle.catalogue["manifests"]}
    return not any(
        digest.encode() in one.data
        for one in bundle.members
        if one.path in manifests and manifests[one.path] not in gone
    )


def push(
    path: Path,
    host: str,
    access: RegistryAccess,
    *,
    sparse: SparseIndex = SparseIndex.AUTO,
    missing: Missing = Missing.REFUSED,
    progress: Progress | None = None,
) -> Outcome:
    """Push the bundle at `path` into the project PROJECT of `host`, with three threads."""
    with Registries(access) as registries, Bundle.open(path) as bundle:
        destination = registries.destination(host)
        order = Order(default_relocation(PROJECT), destination, sparse, missing, 3)
        return prepare(SteppedBundle(bundle), order).carry_out(progress or Silent())


def served(registry: RealRegistry, repository: str, name: str) -> tuple[str, str]:
    """Digest and media type of what the registry shows under a tag or digest; all of it is read.

    Everything that is below must be there, whole.
    """
    base = f"{registry.url}/v2/{PROJECT}/{repository}"
    answer = requests.get(f"{base}/manifests/{name}", headers=_ACCEPT, timeout=20)
    assert answer.status_code == 200, answer.text
    body = json.loads(answer.content)
    for child in body.get("manifests", ()):
        served(registry, repository, child["digest"])
    for blob in [*([body["config"]] if "config" in body else []), *body.get("layers", ())]:
        data = requests.get(f"{base}/blobs/{blob['digest']}", timeout=20).content
        assert digest_of(data) == blob["digest"]
    return digest_of(answer.content), answer.headers["Content-Type"]


def is_there(registry: RealRegistry, repository: str, name: str) -> bool:
    url = f"{registry.url}/v2/{PROJECT}/{repository}/manifests/{name}"
    return requests.head(url, headers=_ACCEPT, timeout=20).status_code == 200


def requests_seen(registry: RealRegistry, since: int = 0) -> list[tuple[str, str, int]]:
    """Method, path and status of each request in the access log, from a position on."""
    found = _REQUEST.findall(registry.log.read_text()[since:])
    return [(method, path, int(status)) for method, path, status in found]


def uploads_finished(registry: RealRegistry) -> Counter[str]:
    """How often each blob of an image was sent to its end."""
    return Counter(
        path.rpartition("digest=")[2].replace("%3A", ":")
        for method, path, status in requests_seen(registry)
        if method == "PUT" and "/blobs/uploads/" in path and status == 201
        if RECORDS not in path
    )
