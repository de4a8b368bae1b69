"""Whether a bundle is closed: all that it names is carried, assumed, or stated as left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import AirgapError
from cube_airgap.finding import Finding, Problem
from cube_airgap.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_airgap.catalogue import BundledImage, Catalogue
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest


INDEX_PATH = "index.json"
LAYOUT_PATH = "oci-layout"
_REF_NAME = "org.opencontainers.image.ref.name"


def closure_findings(
    catalogue: Catalogue, raw_manifests: Mapping[Digest, bytes]
) -> Iterator[Finding]:
    """Follow every image from its root, and look for every asset.

    Both ways: what is needed and the bundle lacks, and what nothing needs.
    """
    manifests, reached = {}, set()
    for blob in catalogue.manifests:
        try:
            where = f"manifest {blob.digest}"
            raw = raw_manifests[blob.digest]
            manifests[blob.digest] = Manifest.parse(raw, media_type=blob.media_type, where=where)
        except KeyError:
            continue  # told of as damaged or absent already
        except AirgapError as error:
            yield Finding(Problem.DAMAGED, where, error.what)
    for image in catalogue.images:
        walk = _Walk(catalogue, manifests, image)
        yield from walk.findings()
        reached |= walk.reached
    yield from _asset_findings(catalogue)
    reached |= {asset.digest for asset in catalogue.assets}
    for digest in (*catalogue.by_digest, *catalogue.assumed):
        if digest not in reached:
            yield Finding(Problem.UNLISTED, str(digest), "nothing in the bundle needs it")


def _asset_findings(catalogue: Catalogue) -> Iterator[Finding]:
    known = catalogue.by_digest | catalogue.assumed
    for asset in catalogue.assets:
        blob = known.get(asset.digest)
        if blob is None:
            yield Finding(Problem.INCOMPLETE, asset.name, f"needs blob {asset.digest}")
        elif blob.size != asset.size:
            what = f"needs {asset.digest} with {asset.size} bytes, not {blob.size}"
            yield Finding(Problem.INCOMPLETE, asset.name, what)


def reached_by(
    image: BundledImage, catalogue: Catalogue, manifests: Mapping[Digest, Manifest]
) -> frozenset[Digest]:
    """The manifests and blobs of the bundle that belong to `image`."""
    walk = _Walk(catalogue, manifests, image)
    for _ in walk.findings():
        pass
    return frozenset(walk.reached & catalogue.by_digest.keys())


class _Walk:
    """The manifests and blobs that one image reaches."""

    def __init__(
        self, catalogue: Catalogue, manifests: Mapping[Digest, Manifest], image: BundledImage
    ) -> None:
        self._known = catalogue.by_digest | catalogue.assumed
        self._manifests = manifests
        self._image = image
        self._left_out = {one.digest for one in image.left_out}
        self.reached: set[Digest] = set()

    def findings(self) -> Iterator[Finding]:
        roots = (self._image.digest, *(referrer.digest for referrer in self._image.referrers))
        waiting = list(roots)
        while waiting:
            digest = waiting.pop()
            if digest in self.reached or digest in self._left_out:
                continue
            self.reached.add(digest)
            manifest = self._manifests.get(digest)
            if manifest is None:
                yield self._lacking(f"manifest {digest}")
                continue
            waiting += [child.digest for child in manifest.children]
            for child in manifest.children:
                yield from self._size_findings(child)
            yield from self._blob_findings(manifest)

    def _blob_findings(self, manifest: Manifest) -> Iterator[Finding]:
        for blob in manifest.blobs:
            if blob.digest not in self._known and blob.digest not in self._left_out:
                yield self._lacking(f"blob {blob.digest}")
            yield from self._size_findings(blob)
            self.reached.add(blob.digest)

    def _size_findings(self, named: Descriptor) -> Iterator[Finding]:
        known = self._known.get(named.digest)
        if known and known.size != named.size:
            yield self._lacking(f"{named.digest} with {named.size} bytes, not {known.size}")

    def _lacking(self, what: str) -> Finding:
        return Finding(Problem.INCOMPLETE, str(self._image.reference), f"needs {what}")


def layout_findings(catalogue: Catalogue, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Whether what is unpacked is an OCI image layout with just the catalogue's images.

    `files` has the layout's own files by path.
    """
    body = _object(files.get(LAYOUT_PATH, b""))
    if not str(body.get("imageLayoutVersion", "")).startswith("1."):
        yield Finding(Problem.DAMAGED, LAYOUT_PATH, "is not an OCI image layout's")
    entries = _object(files.get(INDEX_PATH, b"")).get("manifests")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield Finding(Problem.DAMAGED, INDEX_PATH, "is not an OCI index")
        return
    listed = {(str(entry.get("digest")), _name(entry)) for entry in entries}
    images = {(str(image.digest), str(image.reference)) for image in catalogue.images}
    for digest, name in sorted(images - listed):
        yield Finding(Problem.ABSENT, INDEX_PATH, f"does not list {name} as {digest}")
    referrers = {str(one.digest) for image in catalogue.images for one in image.referrers}
    for digest in sorted(referrers - {digest for digest, _ in listed}):
        yield Finding(Problem.ABSENT, INDEX_PATH, f"does not list {digest}")
    for digest, name in sorted(listed - images):
        if digest not in referrers:
            yield Finding(Problem.UNLISTED, INDEX_PATH, f"lists {name or digest} as {digest}")


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _name(entry: dict[str, Any]) -> str:
    annotations = entry.get("annotations")
    return str(annotations.get(_REF_NAME, "")) if isinstance(annotations, dict) else ""
