"""How a bundle travels through a registry: as an OCI artifact, each large blob a layer of its own.

The configuration is the catalogue, so that its digest is the bundle's identity. The first layer is
a tar of all small members, in order; then come the signature, if there is one, larger files, and
the large blobs in order, each with its path in the tar as its title. docs/refresh.md tells how it
is used.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import zstandard

from cube_airgap.bundle import LARGEST_SIGNATURE
from cube_airgap.catalogue import LARGEST_CATALOGUE, SIGNATURE_PATH, Catalogue
from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, UsageError
from cube_airgap.manifest import OCI_MANIFEST, Manifest
from cube_airgap.tar_member import END_OF_ARCHIVE, TarMember
from cube_airgap.zstd_frames import SMALL_LEVEL, compress
from cube_bundle.plan import small_blobs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cube_airgap.bundle import Bundle
    from cube_airgap.image_source import BlobSource

BUNDLE_TYPE = "application/vnd.cube-airgap.bundle.v1"
CATALOGUE_TYPE = "application/vnd.cube-airgap.catalogue.v1+json"
SIGNATURE_TYPE = "application/vnd.cube-airgap.signature.v1"
HEAD_TYPE = "application/vnd.cube-airgap.head.v1.tar+zstd"
FILE_TYPE = "application/vnd.cube-airgap.file.v1"
_TITLE = "org.opencontainers.image.title"
_HEAD_TITLE = "head.tar.zst"
_LARGEST_IN_HEAD = 1 << 20
_MOST_IN_HEAD = 256 << 20


@dataclass(frozen=True)
class Travelling:
    """A bundle cut into an artifact: its manifest, and what of its content is made here."""

    manifest: Manifest
    made: Mapping[Digest, bytes]

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Everything that the manifest names, the configuration last."""
        return tuple(sorted(self.manifest.blobs, key=lambda one: one.media_type == CATALOGUE_TYPE))


def cut(bundle: Bundle) -> Travelling:
    """Cut `bundle`, of which its head is read. Raises AirgapError."""
    catalogue = bundle.catalogue
    apart = _apart(bundle)
    head = b"".join(
        TarMember(path, len(data)).header + data + bytes(TarMember(path, len(data)).padding)
        for path, data in _small(bundle, apart)
    )
    packed = compress(head + END_OF_ARCHIVE, SMALL_LEVEL)
    made = {catalogue.digest: catalogue.raw, Digest.of(packed): packed}
    made |= {one.digest: bundle.read_file(path) for path, one in apart.items() if _is_file(path)}
    layers = [_layer(_HEAD_TITLE, Descriptor(HEAD_TYPE, Digest.of(packed), len(packed)))]
    if bundle.signature:
        digest = Digest.of(bundle.signature)
        made[digest] = bundle.signature
        signature = Descriptor(SIGNATURE_TYPE, digest, len(bundle.signature))
        layers.append(_layer(SIGNATURE_PATH, signature))
    layers += [_layer(path, one) for path, one in apart.items()]
    config = Descriptor(CATALOGUE_TYPE, catalogue.digest, len(catalogue.raw))
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": BUNDLE_TYPE,
        "config": config.to_json(),
        "layers": layers,
    }
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    where = f"the artifact of bundle {catalogue.digest.short}"
    return Travelling(Manifest.parse(raw, media_type=OCI_MANIFEST, where=where), made)


def _apart(bundle: Bundle) -> dict[str, Descriptor]:
    """What gets a layer of its own, by its path: files that are not small, and large blobs."""
    catalogue = bundle.catalogue
    found = {
        one.path: Descriptor(FILE_TYPE, one.digest, one.size)
        for one in catalogue.files
        if one.size > _LARGEST_IN_HEAD
    }
    manifests = [bundle.manifest(one.digest) for one in catalogue.manifests]
    in_head = small_blobs(manifests, (one.descriptor for one in catalogue.blobs))
    large = [one for one in catalogue.blobs if one.digest not in in_head]
    return found | {one.digest.layout_path: one.descriptor for one in large}


def _small(bundle: Bundle, apart: Mapping[str, Descriptor]) -> Iterator[tuple[str, bytes]]:
    for member in bundle.catalogue.members()[1:]:
        if member.path not in apart:
            yield member.path, bundle.read_file(member.path)


def _is_file(path: str) -> bool:
    return not path.startswith("blobs/")


def _layer(title: str, one: Descriptor) -> dict[str, Any]:
    return one.to_json() | {"annotations": {_TITLE: title}}


@dataclass(frozen=True)
class Arrived:
    """A bundle's catalogue, small members, by path, and signature, as an artifact has them."""

    catalogue: Catalogue
    small: Mapping[str, bytes]
    signature: bytes


def read_arrived(manifest: Manifest, source: BlobSource, where: str) -> Arrived:
    """Read what `manifest` names but for the large blobs.

    Raises AirgapError; UsageError for what is no bundle.
    """
    config = manifest.config
    if config is None or config.media_type != CATALOGUE_TYPE or config.size > LARGEST_CATALOGUE:
        raise UsageError(
            f"{where} is no bundle that was published",
            remedy="name what cube-bundle publish wrote; images are pulled by build and sync",
        )
    catalogue = Catalogue.parse(_read(config, source))
    own = {layer.digest for layer in manifest.layers}
    small = dict(_unpacked(catalogue, own, manifest.layers, source))
    for file in catalogue.files:
        if file.digest in own:
            small[file.path] = _read(Descriptor(FILE_TYPE, file.digest, file.size), source)
    return Arrived(catalogue, small, _signature(manifest.layers, source))


def _unpacked(
    catalogue: Catalogue, own: set[Digest], layers: Sequence[Descriptor], source: BlobSource
) -> Iterator[tuple[str, bytes]]:
    """The members of the head's layer, whose places follow from the catalogue."""
    digests = catalogue.digests
    members = [one for one in catalogue.members()[1:] if digests[one.path] not in own]
    size = sum(one.content_size for one in members) + len(END_OF_ARCHIVE)
    layer = next((one for one in layers if one.media_type == HEAD_TYPE), None)
    if layer is None or size > _MOST_IN_HEAD or layer.size > _MOST_IN_HEAD:
        raise _damaged("its head is not there, or too large")
    packed = io.BytesIO(_read(layer, source))
    try:
        content = zstandard.ZstdDecompressor().stream_reader(packed).read(size)
    except zstandard.ZstdError:
        raise _damaged("its head cannot be unpacked") from None
    ends = accumulate(one.content_size for one in members)
    for member, end in zip(members, ends, strict=True):
        start = end - member.content_size + member.header_size
        data = content[start : start + member.size]
        if not digests[member.path].matches(data):
            raise _damaged(f"{member.path} is not what the catalogue says")
        yield member.path, data


def _signature(layers: Sequence[Descriptor], source: BlobSource) -> bytes:
    layer = next((one for one in layers if one.media_type == SIGNATURE_TYPE), None)
    if layer is None:
        return b""
    if layer.size > LARGEST_SIGNATURE:
        raise _damaged("its signature is too large for one")
    return _read(layer, source)


def _read(blob: Descriptor, source: BlobSource) -> bytes:
    data = b"".join(source.read_blob(blob))
    if not blob.digest.matches(data):
        raise _damaged(f"blob {blob.digest} came with other bytes")
    return data


def _damaged(why: str) -> IntegrityError:
    return IntegrityError(
        f"the published bundle is damaged: {why}", remedy="publish it again from a sound bundle"
    )
