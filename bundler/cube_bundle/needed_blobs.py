"""The blobs that a bundle needs: each once, with what needs it and where it is to be had."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from cube_airgap.assets_artifact import ARTIFACT
from cube_airgap.closure_entries import ASSET_TYPE
from cube_airgap.descriptor import Descriptor
from cube_airgap.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from cube_airgap.digest import Digest
    from cube_airgap.image_source import BlobSource
    from cube_bundle.assets.resolution import ResolvedAsset
    from cube_bundle.image_tree import ImageTree


@dataclass(frozen=True)
class NeededBlob:
    """A blob that some image or asset needs, and the component that it is filed under."""

    descriptor: Descriptor
    component: str
    source: BlobSource


def needed_blobs(
    trees: Sequence[ImageTree], assets: Iterable[ResolvedAsset]
) -> dict[Digest, NeededBlob]:
    """Every blob once; the first that needs it, in order, gives it its component and source.

    Images come first, then assets, each under its own component, then the artifact of all assets.
    Raises IntegrityError where two give one blob different sizes.
    """
    of_images = [_of_tree(tree) for tree in trees if tree.image.reference != ARTIFACT]
    of_artifact = [_of_tree(tree) for tree in trees if tree.image.reference == ARTIFACT]
    of_assets = [
        NeededBlob(
            Descriptor(ASSET_TYPE, one.asset.digest, one.asset.size),
            one.asset.component,
            one.source,
        )
        for one in sorted(assets, key=lambda one: one.asset.name)
    ]
    found: dict[Digest, NeededBlob] = {}
    for blob in chain(*of_images, of_assets, *of_artifact):
        known = found.setdefault(blob.descriptor.digest, blob)
        if known.descriptor.size != blob.descriptor.size:
            raise IntegrityError(
                f"blob {blob.descriptor.digest} is said to have {known.descriptor.size} bytes and "
                f"{blob.descriptor.size}, in components {known.component} and {blob.component}",
                remedy="what says so is damaged at its origin: push it again, or lock it anew",
            )
    return found


def _of_tree(tree: ImageTree) -> list[NeededBlob]:
    return [NeededBlob(blob, tree.image.component, tree.source) for blob in tree.blobs]


def large_needs(
    trees: Iterable[ImageTree], assets: Iterable[ResolvedAsset], large: AbstractSet[Digest]
) -> dict[str, frozenset[Digest]]:
    """Those of the `large` blobs that each image and asset has, by reference and by name."""
    images = {
        str(tree.image.reference): frozenset(blob.digest for blob in tree.blobs) for tree in trees
    }
    files = {f"asset {one.asset.name}": frozenset([one.asset.digest]) for one in assets}
    return {name: digests & large for name, digests in (images | files).items()}
