"""Deltas made of the tests' own bundles: blobs taken out, and stated as assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
