"""A bundle's assets as one artifact, so that a registry takes and keeps them like an image.

What is inside a cluster can then fetch them from there. OCI image-spec, "Guidelines for Artifact
Usage": the configuration is the empty JSON object.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.assets_artifact import ARTIFACT, ARTIFACT_TYPE
from cube_airgap.closure_entries import ASSET_TYPE
from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.manifest import OCI_MANIFEST, Manifest
from cube_bundle.image_tree import ImageTree
from cube_bundle.lock import LockedImage

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from cube_airgap.image_source import BlobSource
    from cube_bundle.assets.resolution import ResolvedAsset

_EMPTY = b"{}"
_EMPTY_CONFIG = Descriptor("application/vnd.oci.empty.v1+json", Digest.of(_EMPTY), len(_EMPTY))


@dataclass(frozen=True)
class _Parts:
    """Where the artifact's blobs are to be had."""

    sources: Mapping[Digest, BlobSource]

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """See image_source.BlobSource."""
        if blob.digest == _EMPTY_CONFIG.digest:
            yield _EMPTY[start:end]
        else:
            yield from self.sources[blob.digest].read_blob(blob, start, end)


def artifact_of(assets: Sequence[ResolvedAsset]) -> tuple[ImageTree, ...]:
    """The artifact with all `assets`, a function of their names and digests; none without any."""
    if not assets:
        return ()
    ordered = sorted(assets, key=lambda one: one.asset.name)
    layers = {
        one.asset.digest: Descriptor(ASSET_TYPE, one.asset.digest, one.asset.size)
        for one in ordered
    }
    manifest = _manifest(ordered)
    image = LockedImage(
        reference=ARTIFACT,
        digest=manifest.digest,
        component="assets",
        why="what the platform downloads, to be had from the registry",
        platforms=(),
    )
    return (
        ImageTree(
            image=image,
            source=_Parts({one.asset.digest: one.source for one in ordered}),
            root=manifest,
            manifests=(manifest,),
            blobs=(_EMPTY_CONFIG, *layers.values()),
            omitted=(),
            foreign=(),
            configs={_EMPTY_CONFIG.digest: _EMPTY},
        ),
    )


def _manifest(ordered: Sequence[ResolvedAsset]) -> Manifest:
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": ARTIFACT_TYPE,
        "config": _EMPTY_CONFIG.to_json(),
        "layers": [
            Descriptor(ASSET_TYPE, one.asset.digest, one.asset.size).to_json()
            | {"annotations": {"org.opencontainers.image.title": one.asset.name}}
            for one in ordered
        ],
    }
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return Manifest.parse(raw, where="the artifact of assets")
