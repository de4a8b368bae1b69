"""A tar made by `docker save`, read at random as an image source."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cube_airgap.compression import MAGIC_LENGTH, Compression, compression_of, unpacked
from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, IntegrityError, MissingError, UsageError
from cube_airgap.file_range import read_head
from cube_airgap.manifest import LARGEST_MANIFEST, OCI_CONFIG, OCI_MANIFEST, Manifest
from cube_airgap.reference import Reference
from cube_airgap.staging import staged
from cube_airgap.tar_index import TarIndex, TarSlice

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from cube_airgap.image_source import Referrer

_LAYER = "application/vnd.oci.image.layer.v1.tar"
_LAYER_TYPES = {
    Compression.NONE: _LAYER,
    Compression.GZIP: f"{_LAYER}+gzip",
    Compression.ZSTD: f"{_LAYER}+zstd",
}
_CONFIG_NAME = re.compile(r"(?:blobs/sha256/|sha256:)?([0-9a-f]{64})(?:\.json)?")
_BLOB_NAME = re.compile(r"blobs/sha256/([0-9a-f]{64})")
_SAVE_AGAIN = "save the image again with `docker save`"


@dataclass(frozen=True, slots=True)
class _SavedImage:
    """An entry of the archive's manifest.json: member names, and the image's names."""

    config: str
    names: tuple[str, ...]
    layers: tuple[str, ...]


@dataclass(frozen=True)
class DockerArchive:
    """One image of the uncompressed archive `path`, an ImageSource.

    `name` is one of the image's RepoTags, in any form of it; empty means the only image there is.

    An archive has no manifest, so one is made: a pure function of the configuration and the layers.
    An uncompressed layer's digest is the `diff_id` that the configuration gives it, and a
    compressed one's is in its member's name where that is a blob path. Whoever reads the layer
    checks it against that digest, as with any source, so nothing is read twice; only a compressed
    layer without such a name is hashed here.
    """

    path: Path
    name: str = ""

    def names(self) -> tuple[str, ...]:
        """The RepoTags of every image in the archive."""
        return tuple(name for image in self._images for name in image.names)

    def resolve(self, reference: Reference) -> Manifest:
        """The named image's manifest, whatever the reference's tag. Raises MissingError."""
        if reference.digest not in {None, self._manifest.digest}:
            raise MissingError(
                f"{self.path} cannot give {reference.familiar}: its image is now "
                f"{self._manifest.digest}, and it does not keep the registry's manifest",
                remedy="if the digest is a lock's, the image changed since: lock it anew; else "
                "leave the digest out of the reference, or take the image from a registry",
            )
        return self._manifest

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The image's only manifest. Raises MissingError for any other."""
        if descriptor.digest != self._manifest.digest:
            raise self._no_blob(descriptor)
        return self._manifest

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The bytes of the configuration or a layer from `start` to `end`."""
        piece = self._content.get(blob.digest)
        if piece is None:
            raise self._no_blob(blob)
        if piece.size != blob.size:
            raise self._damaged(f"blob {blob.digest} has {piece.size} bytes, not {blob.size}")
        yield from self._index.read(piece, start, end)

    def referrers(self, subject: Digest) -> tuple[Referrer, ...]:  # noqa: ARG002 - the protocol's
        """Nothing: `docker save` leaves them behind."""
        return ()

    @cached_property
    def _index(self) -> TarIndex:
        return TarIndex.of(self.path)

    @cached_property
    def _images(self) -> tuple[_SavedImage, ...]:
        if "manifest.json" not in self._index.members:
            raise IntegrityError(
                f"{self.path} has no manifest.json, so it is not what `docker save` writes",
                remedy="write it with `docker save` of Docker 1.10 or later (not `docker export`); "
                "unpack an OCI archive and give its directory as oci:DIR",
            )
        entries = self._json("manifest.json")
        if not isinstance(entries, list):
            raise self._damaged("manifest.json is not a list")
        return tuple(self._saved_image(entry) for entry in entries)

    def _saved_image(self, entry: object) -> _SavedImage:
        if not isinstance(entry, dict):
            raise self._damaged("manifest.json lists something that is not an image")
        names, layers = entry.get("RepoTags") or [], entry.get("Layers") or []
        config = entry.get("Config")
        if not (_is_texts([config]) and _is_texts(names) and _is_texts(layers)):
            raise self._damaged("manifest.json has a field of the wrong type")
        return _SavedImage(str(config), tuple(names), tuple(layers))

    @cached_property
    def _image(self) -> _SavedImage:
        found = [one for one in self._images if not self.name or _has_name(one, self.name)]
        if len(found) == 1:
            return found[0]
        there = f"it has: {', '.join(self.names()[:20]) or 'no names'}"
        if self.name:
            what = f"{self.path} has {len(found) or 'no'} image {self.name!r}"
        else:
            what = f"{self.path} has {len(found)} images, and none was named"
        raise MissingError(what, remedy=f"name one as docker-archive:FILE:NAME; {there}")

    @cached_property
    def _config(self) -> bytes:
        raw = self._small(self._image.config)
        match = _CONFIG_NAME.fullmatch(self._image.config)
        if match and not Digest("sha256", match[1]).matches(raw):
            raise self._damaged(f"the configuration {self._image.config} is not what its name says")
        return raw

    @cached_property
    def _layers(self) -> tuple[tuple[Descriptor, TarSlice], ...]:
        diff_ids = self._diff_ids()
        if len(diff_ids) != len(self._image.layers):
            raise self._damaged(
                f"{len(self._image.layers)} layers stand against {len(diff_ids)} diff_ids"
            )
        return tuple(map(self._layer, self._image.layers, diff_ids))

    def _diff_ids(self) -> list[Digest]:
        where = f"the configuration {self._image.config} in {self.path}"
        config = self._parsed(self._config, self._image.config)
        rootfs = config.get("rootfs") if isinstance(config, dict) else None
        diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
        if not isinstance(diff_ids, list):
            raise self._damaged(f"the configuration {self._image.config} has no diff_ids")
        return [Digest.parse(str(text), where=where) for text in diff_ids]

    def _layer(self, name: str, diff_id: Digest) -> tuple[Descriptor, TarSlice]:
        piece = self._index.find(name)
        head = TarSlice(piece.offset, min(piece.size, MAGIC_LENGTH))
        compression = compression_of(b"".join(self._index.read(head)))
        if compression not in _LAYER_TYPES:
            raise self._damaged(f"the layer {name} is compressed with {compression.value}")
        digest = diff_id
        if compression is not Compression.NONE:
            digest = self._compressed_digest(name, piece)
        return Descriptor(_LAYER_TYPES[compression], digest, piece.size), piece

    def _compressed_digest(self, name: str, piece: TarSlice) -> Digest:
        match = _BLOB_NAME.fullmatch(name)
        if match:
            return Digest("sha256", match[1])
        hasher = hashlib.sha256()
        for data in self._index.read(piece):
            hasher.update(data)
        return Digest("sha256", hasher.hexdigest())

    @cached_property
    def _manifest(self) -> Manifest:
        config = Descriptor(OCI_CONFIG, Digest.of(self._config), len(self._config))
        body = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": config.to_json(),
            "layers": [layer.to_json() for layer, _ in self._layers],
        }
        return Manifest(json.dumps(body, separators=(",", ":")).encode(), OCI_MANIFEST)

    @cached_property
    def _content(self) -> dict[Digest, TarSlice]:
        config = self._index.find(self._image.config)
        return {
            Digest.of(self._config): config,
            **{layer.digest: piece for layer, piece in self._layers},
        }

    def _json(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        return self._parsed(self._small(name), name)

    def _parsed(self, raw: bytes, name: str) -> Any:  # noqa: ANN401 - any JSON
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise self._damaged(f"{name} is not JSON") from None

    def _small(self, name: str) -> bytes:
        piece = self._index.find(name)
        if piece.size > LARGEST_MANIFEST:
            raise self._damaged(f"{name} has {piece.size} bytes, too many for what it is")
        return b"".join(self._index.read(piece))

    def _damaged(self, why: str) -> IntegrityError:
        return IntegrityError(f"{self.path} is damaged: {why}", remedy=_SAVE_AGAIN)

    def _no_blob(self, blob: Descriptor) -> MissingError:
        return MissingError(f"{self.path} has no {blob.digest}", remedy=_SAVE_AGAIN)


def staged_archive(path: Path, directory: Path) -> Path:
    """An archive that can be read at random: `path` itself, or its unpacked copy in `directory`.

    The copy is made once per size and time of `path`, and is the caller's to delete. Raises
    MissingError, IntegrityError for what is damaged, SpaceError, and UsageError for a compression
    other than gzip and zstd.
    """
    compression = compression_of(read_head(path, MAGIC_LENGTH))
    if compression is Compression.NONE:
        return path
    status = path.stat()
    identity = f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"
    target = directory / f"{path.name}.{Digest.of(identity.encode()).short}.tar"
    return staged_save(target, unpacked(path, compression))


def staged_save(target: Path, pieces: Iterable[bytes]) -> Path:
    """Stage `pieces` as `target`, and see that they are an archive; what is none is removed.

    A daemon that fails midway writes its error into the archive, and a zstd stream that was cut
    ends like a whole one.
    """
    path = staged(target, pieces)
    try:
        DockerArchive(path).names()
    except AirgapError:
        path.unlink()
        raise
    return path


def _is_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _has_name(image: _SavedImage, name: str) -> bool:
    return any(_canonical(name) == _canonical(one) for one in image.names)


def _canonical(name: str) -> str:
    """One spelling for `busybox` and `docker.io/library/busybox:latest`."""
    try:
        return str(Reference.parse(name))
    except UsageError:
        return name
