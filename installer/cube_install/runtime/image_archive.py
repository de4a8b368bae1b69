"""One image as a tar that both Docker and containerd import, made while it is read.

It is an OCI image layout (image-layout.md) with the `manifest.json` of `docker save` beside, as
newer Dockers write themselves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_airgap.tar_member import END_OF_ARCHIVE, TarMember

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from cube_airgap.bundle import Bundle
    from cube_airgap.catalogue import BundledImage
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.manifest import Manifest
    from cube_airgap.platforms import Platform

_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}\n'
_NAME, _TAG = "io.containerd.image.name", "org.opencontainers.image.ref.name"


@dataclass(frozen=True)
class LoadableImage:
    """What of an image is for one platform: its root as it is, its own manifest, and all blobs.

    `names` are what the runtime is to call it.
    """

    image: BundledImage
    root: Manifest
    manifest: Manifest
    names: tuple[str, ...]

    @property
    def config_digest(self) -> str:
        """By which Docker knows an image."""
        return str(self.manifest.config.digest) if self.manifest.config else ""

    @property
    def has_zstd(self) -> bool:
        """Whether a layer is compressed in a way that old Dockers do not read."""
        return any("zstd" in layer.media_type for layer in self.manifest.layers)

    @property
    def size(self) -> int:
        """Bytes of the blobs."""
        return sum(blob.size for blob in _unique(self.manifest.blobs))


def loadable(
    bundle: Bundle, image: BundledImage, platform: Platform, names: tuple[str, ...]
) -> LoadableImage:
    """The part of `image` that is for `platform`. Raises MissingError, UsageError."""
    root = bundle.manifest(image.digest)
    found = _for_platform(bundle, root, platform)
    if found is None:
        carried = ", ".join(_carried(bundle, root)) or "no platform"
        raise MissingError(
            f"{image.reference} is in the bundle for {carried}, and this host is {platform}",
            remedy=f"build the bundle with --platform {platform} too, or load on another host",
        )
    if found.config is None or not found.config.is_image_config:
        raise UsageError(
            f"{image.reference} is no container image", remedy="leave it out: nothing can run it"
        )
    return LoadableImage(image, root, found, names)


def _for_platform(bundle: Bundle, root: Manifest, platform: Platform) -> Manifest | None:
    if not root.is_index:
        return root
    for child in root.children:
        is_wanted = child.platform is not None and child.platform.satisfies(platform)
        if is_wanted and not child.attests and bundle.has(child.digest):
            return _for_platform(bundle, bundle.manifest(child.digest), platform)
    return None


def _carried(bundle: Bundle, root: Manifest) -> list[str]:
    children = [one for one in root.children if one.platform and bundle.has(one.digest)]
    return [str(one.platform) for one in children if not one.attests]


def archive(bundle: Bundle, one: LoadableImage) -> Generator[bytes, None, None]:
    """The tar's bytes; every blob is compared with its digest as it goes by.

    Raises IntegrityError in the middle where one is wrong, so that no whole archive comes out.
    """
    yield from _member("oci-layout", _LAYOUT)
    yield from _member("index.json", _encoded(_index(one)))
    yield from _member("manifest.json", _encoded([_docker_entry(one)]))
    for manifest in {one.root.digest: one.root, one.manifest.digest: one.manifest}.values():
        yield from _member(manifest.digest.layout_path, manifest.raw)
    for blob in _unique(one.manifest.blobs):
        member = TarMember(blob.digest.layout_path, blob.size)
        yield member.header
        yield from _checked(bundle, blob)
        yield bytes(member.padding)
    yield END_OF_ARCHIVE


def _checked(bundle: Bundle, blob: Descriptor) -> Generator[bytes, None, None]:
    hasher = blob.digest.hasher()
    for piece in bundle.read_blob(blob):
        hasher.update(piece)
        yield piece
    if hasher.hexdigest() != blob.digest.hex:
        raise IntegrityError(
            f"blob {blob.digest} is damaged in the bundle",
            remedy="verify the bundle, then carry it (or the damaged volume) again",
        )


def _index(one: LoadableImage) -> dict[str, Any]:
    """An entry for each name: importers make one image of each."""
    entries = [
        {**one.root.descriptor.to_json(), "annotations": {_NAME: name, _TAG: _tag_of(name)}}
        for name in one.names
    ]
    return {"schemaVersion": 2, "manifests": entries}


def _tag_of(name: str) -> str:
    last = name.rpartition("/")[2]
    return last.partition(":")[2] if "@" not in last else last.partition("@")[2]


def _docker_entry(one: LoadableImage) -> dict[str, Any]:
    config = one.manifest.config
    return {
        "Config": config.digest.layout_path if config else "",
        "RepoTags": [name for name in one.names if "@" not in name],
        "Layers": [layer.digest.layout_path for layer in one.manifest.layers],
    }


def _member(path: str, data: bytes) -> Generator[bytes, None, None]:
    member = TarMember(path, len(data))
    yield member.header + data + bytes(member.padding)


def _unique(blobs: Iterable[Descriptor]) -> tuple[Descriptor, ...]:
    return tuple({blob.digest: blob for blob in blobs}.values())


def _encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
