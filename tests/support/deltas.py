"""Deltas made of the tests' own bundles: blobs taken out, and stated as assumed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.support.bundle_factory import blob_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.bundle_factory import TinyBundle


def assuming(bundle: TinyBundle, digests: Iterable[str], carrier: str = "") -> TinyBundle:
    """`bundle` without the blobs `digests`, which the far side has; `carrier` is named for them."""
    gone = set(digests)
    listed = [one for one in bundle.catalogue["blobs"] if one["digest"] in gone]
    bundle.catalogue["blobs"] = [one for one in bundle.catalogue["blobs"] if one not in listed]
    named = {"bundle": carrier} if carrier else {}
    bundle.catalogue["assumes"] = [{"blobs": listed, **named}]
    paths = {blob_path(digest) for digest in gone}
    bundle.members = [one for one in bundle.members if one.path not in paths]
    return bundle


def assuming_images(
    bundle: TinyBundle, names: Iterable[str], carrier: str = "", narrowed: str = ""
) -> TinyBundle:
    """`bundle` without all that only the images `names` need; `narrowed` is said of each."""
    wanted = set(names)
    images = bundle.catalogue["images"]
    assumed = [one for one in images if one["reference"] in wanted]
    kept = [one for one in images if one["reference"] not in wanted]
    needed = _reached(bundle, kept)
    for kind in ("manifests", "blobs"):
        bundle.catalogue[kind] = [one for one in bundle.catalogue[kind] if one["digest"] in needed]
    bundle.catalogue["images"] = kept
    told = [
        {key: value for key, value in one.items() if key != "leftOut" and value}
        | ({"narrowed": narrowed} if narrowed else {})
        for one in assumed
    ]
    named = {"bundle": carrier} if carrier else {}
    bundle.catalogue["assumes"] = [{"blobs": [], "images": told, **named}]
    blobs = {blob_path(digest) for digest in needed}
    bundle.members = [
        one for one in bundle.members if not one.path.startswith("blobs/") or one.path in blobs
    ]
    return bundle


def _reached(bundle: TinyBundle, images: Iterable[dict[str, Any]]) -> set[str]:
    """The digests that `images` name, at any depth."""
    data = {one.path: one.data for one in bundle.members}
    waiting = [one["digest"] for one in images]
    found: set[str] = set()
    while waiting:
        digest = waiting.pop()
        if digest in found or blob_path(digest) not in data:
            continue
        found.add(digest)
        named = re.findall(rb"sha256:[0-9a-f]{64}", data[blob_path(digest)])
        waiting += [one.decode() for one in named]
    return found
