"""The catalogue, `bundle.json`: what is in a bundle and where each thing came from.

docs/format.md and schemas/catalogue.schema.json specify it (issue 2).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, UsageError
from cube_airgap.platforms import Platform
from cube_airgap.reference import Reference
from cube_airgap.tar_member import TarMember, checked_path

if TYPE_CHECKING:
    from collections.abc import Callable

CATALOGUE_PATH = "bundle.json"
LARGEST_CATALOGUE = 256 << 20
MAJOR_VERSION, MINOR_VERSION = 1, 0
_FORMAT = "cube-airgap-bundle"
_Parsed = TypeVar("_Parsed")


class Encoding(StrEnum):
    """How a blob lies in the bundle; a reader refuses what it does not know."""

    STORED = "stored"
    ZSTD = "zstd"


@dataclass(frozen=True)
class BundledFile:
    """A member that is no blob, by its path."""

    path: str
    digest: Digest
    size: int


@dataclass(frozen=True)
class BundledBlob:
    """A manifest, configuration or layer, and the component that it is filed under."""

    digest: Digest
    size: int
    media_type: str
    encoding: Encoding
    component: str

    @property
    def descriptor(self) -> Descriptor:
        """How a manifest would point at it."""
        return Descriptor(self.media_type, self.digest, self.size)


@dataclass(frozen=True)
class LeftOut:
    """Something that a manifest names and the bundle does not carry, and why."""

    digest: Digest
    why: str
    platform: str = ""


@dataclass(frozen=True)
class Attached:
    """A referrer that came along; `tag` is empty where its `subject` is the link."""

    digest: Digest
    tag: str = ""


@dataclass(frozen=True)
class BundledImage:
    """One reference and the manifest or index that it stands for."""

    reference: Reference
    digest: Digest
    component: str
    why: str
    platforms: tuple[Platform, ...]
    left_out: tuple[LeftOut, ...] = ()
    referrers: tuple[Attached, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Catalogue:
    """All that a bundle holds; files, manifests and blobs in the order in which they lie there."""

    images: tuple[BundledImage, ...]
    files: tuple[BundledFile, ...]
    manifests: tuple[BundledBlob, ...]
    blobs: tuple[BundledBlob, ...]

    @cached_property
    def raw(self) -> bytes:
        """The bytes of `bundle.json`: keys sorted, one line, no time and no host in it."""
        text = json.dumps(_to_json(self), sort_keys=True, separators=(",", ":"))
        return text.encode() + b"\n"

    @cached_property
    def digest(self) -> Digest:
        """The bundle's identity: the digest of its catalogue."""
        return Digest.of(self.raw)

    @cached_property
    def by_digest(self) -> dict[Digest, BundledBlob]:
        """Manifests and blobs by digest."""
        return {blob.digest: blob for blob in (*self.manifests, *self.blobs)}

    @cached_property
    def digests(self) -> dict[str, Digest]:
        """The digest of every member but the catalogue itself, by its path in the tar."""
        files = {file.path: file.digest for file in self.files}
        return files | {digest.layout_path: digest for digest in self.by_digest}

    def members(self) -> tuple[TarMember, ...]:
        """Every member of the tar in order, the catalogue itself first."""
        return (
            TarMember(CATALOGUE_PATH, len(self.raw)),
            *(TarMember(file.path, file.size) for file in self.files),
            *(TarMember(blob.digest.layout_path, blob.size) for blob in self.by_digest.values()),
        )

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read `bundle.json`. Raises IntegrityError, and UsageError for a newer format."""
        try:
            body = json.loads(raw)
            _check_version(body)
            catalogue = cls(
                images=tuple(_image(value) for value in body["images"]),
                files=tuple(_file(value) for value in body["files"]),
                manifests=tuple(_blob(value) for value in body["manifests"]),
                blobs=tuple(_blob(value) for value in body["blobs"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise _malformed(f"{type(error).__name__}: {error}") from None
        # A field of a later minor version is not known here, but is part of what was signed.
        catalogue.__dict__["raw"] = raw
        _check_unique(catalogue)
        return catalogue


def _check_version(body: dict[str, Any]) -> None:
    version = body["format"]
    if version["name"] != _FORMAT:
        raise _malformed(f"its format is {version['name']!r}")
    if version["major"] != MAJOR_VERSION:
        raise UsageError(
            f"the bundle has format version {version['major']}.{version['minor']}; this program "
            f"reads {MAJOR_VERSION}.x",
            remedy="use the cube-install that came with the bundle, or a newer one",
        )


def _check_unique(catalogue: Catalogue) -> None:
    listed = [file.path for file in catalogue.files] + [
        blob.digest.layout_path for blob in (*catalogue.manifests, *catalogue.blobs)
    ]
    twice = [path for path, count in Counter([CATALOGUE_PATH, *listed]).items() if count > 1]
    if twice:
        raise _malformed(f"it lists {twice[0]} twice")


def _malformed(why: str) -> IntegrityError:
    return IntegrityError(
        f"the bundle's catalogue cannot be used: {why[:300]}",
        remedy="the file was damaged or made by something else: carry it again, or build it again",
    )


def _to_json(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "format": {"name": _FORMAT, "major": MAJOR_VERSION, "minor": MINOR_VERSION},
        "images": [_image_to_json(image) for image in catalogue.images],
        "files": [
            {"path": file.path, "digest": str(file.digest), "size": file.size}
            for file in catalogue.files
        ],
        "manifests": [_blob_to_json(manifest) for manifest in catalogue.manifests],
        "blobs": [_blob_to_json(blob) for blob in catalogue.blobs],
    }


def _blob_to_json(blob: BundledBlob) -> dict[str, Any]:
    filed = {"encoding": blob.encoding, "component": blob.component}
    return blob.descriptor.to_json() | filed


def _image_to_json(image: BundledImage) -> dict[str, Any]:
    value: dict[str, Any] = {
        "reference": str(image.reference),
        "digest": str(image.digest),
        "component": image.component,
        "why": image.why,
        "platforms": [str(platform) for platform in image.platforms],
        "leftOut": [
            {"digest": str(one.digest), "why": one.why}
            | ({"platform": one.platform} if one.platform else {})
            for one in image.left_out
        ],
        "referrers": [
            {"digest": str(one.digest)} | ({"tag": one.tag} if one.tag else {})
            for one in image.referrers
        ],
    }
    return value | ({"source": image.source} if image.source else {})


def _image(value: dict[str, Any]) -> BundledImage:
    return BundledImage(
        reference=_parsed(Reference.parse, value["reference"]),
        digest=_digest(value),
        component=_text(value["component"]),
        why=_text(value["why"]),
        platforms=tuple(_parsed(Platform.parse, text) for text in value["platforms"]),
        left_out=tuple(
            LeftOut(_digest(one), _text(one["why"]), _text(one.get("platform", "")))
            for one in value["leftOut"]
        ),
        referrers=tuple(
            Attached(_digest(one), _text(one.get("tag", ""))) for one in value["referrers"]
        ),
        source=_text(value.get("source", "")),
    )


def _file(value: dict[str, Any]) -> BundledFile:
    return BundledFile(checked_path(value["path"]), _digest(value), _size(value))


def _blob(value: dict[str, Any]) -> BundledBlob:
    return BundledBlob(
        digest=_digest(value),
        size=_size(value),
        media_type=_text(value["mediaType"]),
        encoding=_encoding(value["encoding"]),
        component=_text(value["component"]),
    )


def _encoding(name: str) -> Encoding:
    try:
        return Encoding(name)
    except ValueError:
        raise UsageError(
            f"the bundle holds a blob encoded as {name!r}, which this program does not know",
            remedy="use the cube-install that came with the bundle, or a newer one",
        ) from None


def _parsed(parse: Callable[[str], _Parsed], text: object) -> _Parsed:
    return parse(_text(text))


def _digest(value: dict[str, Any]) -> Digest:
    return Digest.parse(_text(value["digest"]), where="the bundle's catalogue")


def _size(value: dict[str, Any]) -> int:
    size = value["size"]
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError(f"size {size!r}")
    return size


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} where a text belongs")
    return value
