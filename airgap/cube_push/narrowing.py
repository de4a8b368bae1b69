"""Making of an index with absent children one that any registry takes, or no index at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError
from cube_airgap.manifest import OCI_INDEX, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest


# Twice as much as a bundle is ever built with.
_DEEPEST = 16


@dataclass(frozen=True)
class ManifestTree:
    """A root, and all manifests below it, children before their parents."""

    root: Manifest
    below: tuple[Manifest, ...] = ()

    def __iter__(self) -> Iterator[Manifest]:
        yield from self.below
        yield self.root


def read_tree(root: Digest, read: Callable[[Digest], Manifest | None]) -> ManifestTree:
    """The tree of `root`; `read` gives a manifest, or None for what is not carried.

    Raises IntegrityError for indexes that are nested beyond reason.
    """
    found: dict[Digest, Manifest] = {}
    _visit(root, read, found, 0)
    *below, last = found.values()
    return ManifestTree(last, tuple(below))


def _visit(
    digest: Digest,
    read: Callable[[Digest], Manifest | None],
    found: dict[Digest, Manifest],
    depth: int,
) -> None:
    if depth > _DEEPEST:
        raise IntegrityError(
            f"indexes are nested more than {_DEEPEST} deep, down to {digest}",
            remedy="whoever made the bundle means no image by that: do not trust it",
        )
    manifest = None if digest in found else read(digest)
    if manifest is None:
        return
    for child in manifest.children:
        _visit(child.digest, read, found, depth + 1)
    found[digest] = manifest


def absent_children(tree: ManifestTree) -> tuple[Descriptor, ...]:
    """What the indexes of `tree` list and the tree lacks."""
    carried = {manifest.digest for manifest in tree}
    listed = [child for manifest in tree for child in manifest.children]
    return tuple(child for child in listed if child.digest not in carried)


def narrowed(tree: ManifestTree) -> ManifestTree | None:
    """The same images without mention of what is absent; None where nothing would be left.

    An index with one child left becomes that child, one with several an index of just these. The
    same tree always gives the same bytes.
    """
    became: dict[Digest, Manifest | None] = {}
    for manifest in tree:  # children come first
        became[manifest.digest] = _narrow(manifest, became)
    new_root = became[tree.root.digest]
    if new_root is None:
        return None
    known = {new.digest: new for new in became.values() if new}
    return read_tree(new_root.digest, known.get)


def narrowed_digest(root: Digest, read: Callable[[Digest], Manifest | None]) -> Digest | None:
    """The digest of the tree of `root` once narrowed; None where nothing of it is absent.

    `read` is as for read_tree(). Raises IntegrityError.
    """
    tree = read_tree(root, read)
    if not absent_children(tree):
        return None
    narrow = narrowed(tree)
    return narrow.root.digest if narrow else None


def _narrow(manifest: Manifest, became: Mapping[Digest, Manifest | None]) -> Manifest | None:
    """What `manifest` becomes, when it is known what its children became."""
    if not manifest.is_index:
        return manifest
    kept: list[tuple[dict[str, object], Manifest]] = []
    entries = manifest.body.get("manifests") or ()
    for entry, child in zip(entries, manifest.children, strict=True):
        new = became.get(child.digest)
        if new is not None:
            kept.append((entry, new))
    if len(kept) == 1:
        return kept[0][1]
    if not kept:
        return None
    new_entries = [entry | new.descriptor.to_json() for entry, new in kept]
    if new_entries == entries:
        return manifest
    return _encoded(manifest.body | {"manifests": new_entries}, manifest.media_type)


def probing_index(absent: tuple[Descriptor, ...]) -> Manifest:
    """An index of nothing but what is absent: whether a registry takes it tells its habits."""
    entries = [child.to_json() for child in absent]
    body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return _encoded(body, OCI_INDEX)


def _encoded(body: dict[str, object], media_type: str) -> Manifest:
    raw = json.dumps(body, separators=(",", ":")).encode()
    return Manifest.parse(raw, media_type=media_type, where="a narrowed index")
