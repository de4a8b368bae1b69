"""Whether a bundle is closed: all that its images name is carried, or stated as left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError
from cube_airgap.finding import Finding, Problem
from cube_airgap.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_airgap.catalogue import BundledImage, Catalogue
    from cube_airgap.digest import Digest


def closure_findings(
    catalogue: Catalogue, raw_manifests: Mapping[Digest, bytes], index: bytes
) -> Iterator[Finding]:
    """Follow every image from its root; `index` is the bundle's `index.json`.

    Both ways: what an image needs and the bundle lacks, and what no image needs.
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
    for digest in catalogue.by_digest.keys() - reached:
        yield Finding(Problem.UNLISTED, str(digest), "no image of the bundle needs it")
    yield from _index_findings(catalogue, index)


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
        self._carried = catalogue.by_digest
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
            yield from self._blob_findings(manifest)

    def _blob_findings(self, manifest: Manifest) -> Iterator[Finding]:
        for blob in manifest.blobs:
            carried = self._carried.get(blob.digest)
            if carried is None and blob.digest not in self._left_out:
                yield self._lacking(f"blob {blob.digest}")
            elif carried and carried.size != blob.size:
                yield self._lacking(f"blob {blob.digest} with {blob.size} bytes")
            self.reached.add(blob.digest)

    def _lacking(self, what: str) -> Finding:
        return Finding(Problem.INCOMPLETE, str(self._image.reference), f"needs {what}")


def _index_findings(catalogue: Catalogue, index: bytes) -> Iterator[Finding]:
    """Whether the layout's `index.json` has just the images and referrers of the catalogue."""
    try:
        listed = {str(entry["digest"]) for entry in json.loads(index)["manifests"]}
    except (ValueError, KeyError, TypeError):
        yield Finding(Problem.DAMAGED, "index.json", "is not an OCI index")
        return
    expected = {str(image.digest) for image in catalogue.images} | {
        str(referrer.digest) for image in catalogue.images for referrer in image.referrers
    }
    for digest in sorted(expected - listed):
        yield Finding(Problem.ABSENT, "index.json", f"does not list {digest}")
    for digest in sorted(listed - expected):
        yield Finding(Problem.UNLISTED, "index.json", f"lists {digest}, which no image is")
