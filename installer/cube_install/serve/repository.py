"""A repository as it is served: the images of the bundle that have one name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cube_airgap.closure import reached_by
from cube_airgap.errors import AirgapError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cube_airgap.bundle import Bundle
    from cube_airgap.catalogue import BundledImage
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest


@dataclass
class Repository:
    """Tags, and the digests of all manifests and blobs below them.

    `left_out` says why something that a manifest names is not here; `referrers` has the descriptors
    of what is attached to a manifest, as the referrers API gives them.
    """

    tags: dict[str, Digest] = field(default_factory=dict)
    digests: set[Digest] = field(default_factory=set)
    left_out: dict[Digest, str] = field(default_factory=dict)
    referrers: dict[Digest, list[dict[str, Any]]] = field(default_factory=dict)


class Shelf:
    """Puts images of a bundle into repositories."""

    def __init__(self, bundle: Bundle, say: Callable[[str], None]) -> None:
        """Read all manifests; `say` is told of those that are damaged."""
        self._catalogue = bundle.catalogue
        self._manifests: dict[Digest, Manifest] = {}
        for blob in bundle.catalogue.manifests:
            try:
                self._manifests[blob.digest] = bundle.manifest(blob.digest)
            except AirgapError as error:
                say(f"{error.what}; what needs it cannot be pulled: {error.remedy}")

    def repository(self, images: Iterable[BundledImage]) -> Repository:
        """The repository that has `images`."""
        found = Repository()
        # A tag that stands alone is the tag; one beside a digest was moved on, perhaps.
        for image in sorted(images, key=lambda one: one.reference.digest is not None):
            if image.reference.tag:
                found.tags.setdefault(image.reference.tag, image.digest)
            for one in image.referrers:
                if one.tag:
                    found.tags.setdefault(one.tag, one.digest)
            found.digests |= reached_by(image, self._catalogue, self._manifests)
            found.left_out |= {one.digest: one.why for one in image.left_out}
        found.referrers = _referrers(found.digests, self._manifests)
        return found


def _referrers(
    digests: set[Digest], manifests: Mapping[Digest, Manifest]
) -> dict[Digest, list[dict[str, Any]]]:
    found: dict[Digest, list[dict[str, Any]]] = {}
    for digest in sorted(digests & manifests.keys()):
        manifest = manifests[digest]
        if manifest.subject is not None:
            found.setdefault(manifest.subject.digest, []).append(_listed(manifest))
    return found


def _listed(manifest: Manifest) -> dict[str, Any]:
    """The descriptor by which a referrer is listed (distribution spec, "Listing Referrers")."""
    body = manifest.body
    artifact_type = body.get("artifactType")
    if not artifact_type and manifest.config is not None:
        artifact_type = manifest.config.media_type
    listed = manifest.descriptor.to_json()
    listed |= {"artifactType": artifact_type} if artifact_type else {}
    return listed | ({"annotations": body["annotations"]} if body.get("annotations") else {})
