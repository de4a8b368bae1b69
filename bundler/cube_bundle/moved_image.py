"""What an image that moved is now: when it was made, and how much of it is new."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError
from cube_bundle.image_tree import Content

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.digest import Digest
    from cube_airgap.image_source import ImageSource
    from cube_airgap.manifest import Manifest
    from cube_airgap.platforms import Platform
    from cube_airgap.reference import Reference

_LARGEST_CONFIG = 1 << 20


@dataclass(frozen=True)
class MovedImage:
    """`created` is the time that the image gives, or empty; `carry` the bytes that were not there.

    Of an old image that its registry has no more, nothing is known: all counts as new then.
    """

    digest: Digest
    created: str
    carry: int


def look_at_moved(
    source: ImageSource, sought: Reference, was: Digest, platforms: tuple[Platform, ...]
) -> MovedImage:
    """Read the manifests of `sought` as it is now, and of the image that it `was`.

    Raises AirgapError.
    """
    root = source.resolve(sought)
    new = _content(source, root, platforms)
    try:
        old = _content(source, source.resolve(sought.at(was)), platforms)
        known = {blob.digest for one in old.manifests.values() for blob in one.blobs}
    except AirgapError:
        known = set()
    blobs = {blob.digest: blob.size for one in new.manifests.values() for blob in one.blobs}
    carry = sum(size for digest, size in blobs.items() if digest not in known)
    return MovedImage(root.digest, _created(source, new.manifests.values()), carry)


def _content(source: ImageSource, root: Manifest, platforms: tuple[Platform, ...]) -> Content:
    content = Content(source, root, platforms)
    content.read(str(root.digest))
    return content


def _created(source: ImageSource, manifests: Iterable[Manifest]) -> str:
    """The latest time that a configuration gives."""
    times = []
    for manifest in manifests:
        config = manifest.config
        if config and config.is_image_config and config.size <= _LARGEST_CONFIG:
            try:
                body = json.loads(b"".join(source.read_blob(config)))
            except ValueError:
                continue
            times.append(str(body.get("created") or "") if isinstance(body, dict) else "")
    return max(times, default="")
