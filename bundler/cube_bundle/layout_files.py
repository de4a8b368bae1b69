"""The two files that make an unpacked bundle an OCI image layout (image-layout.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cube_airgap.manifest import OCI_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.manifest import Manifest
    from cube_bundle.image_tree import ImageTree


def layout_files(trees: Iterable[ImageTree]) -> dict[str, bytes]:
    """`oci-layout` and `index.json` of a bundle of `trees`, in that order."""
    entries: list[dict[str, Any]] = []
    for tree in trees:
        by_digest = {manifest.digest: manifest for manifest in tree.manifests}
        entries.append(_index_entry(tree.root, str(tree.image.reference)))
        for referrer in tree.image.referrers:
            name = str(tree.image.reference.tagged(referrer.tag)) if referrer.tag else ""
            entries.append(_index_entry(by_digest[referrer.descriptor.digest], name))
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}\n',
        "index.json": json.dumps(index, sort_keys=True, separators=(",", ":")).encode() + b"\n",
    }


def _index_entry(manifest: Manifest, name: str) -> dict[str, Any]:
    names = {"org.opencontainers.image.ref.name": name, "io.containerd.image.name": name}
    return manifest.descriptor.to_json() | ({"annotations": names} if name else {})
