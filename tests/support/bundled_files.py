"""Bundles that carry files beside images, by the tests' own encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import image_factory as make
from tests.support.bundle_factory import STORED, Member, TinyBundle, blob_path, tiny_bundle

if TYPE_CHECKING:
    from collections.abc import Mapping


def bundle_of_files(files: Mapping[str, tuple[str, bytes]]) -> TinyBundle:
    """A bundle of one image and `files`: by name, why it is there and its bytes."""
    return with_files(tiny_bundle({"registry.example/app:1": make.image()}), files)


def with_files(tiny: TinyBundle, files: Mapping[str, tuple[str, bytes]]) -> TinyBundle:
    """`tiny`, which carries `files` too from now on."""
    tiny.catalogue["assets"] = []
    for name, (why, data) in files.items():
        digest = make.digest_of(data)
        named = {"digest": digest, "size": len(data), "component": "files"}
        url = f"https://files.example/{name}"
        tiny.catalogue["assets"].append({**named, "name": name, "url": url, "why": why})
        kind = {"mediaType": "application/octet-stream", "encoding": STORED}
        tiny.catalogue["blobs"].append({**named, **kind})
        tiny.members.append(Member(blob_path(digest), data, STORED, large=True))
    return tiny
