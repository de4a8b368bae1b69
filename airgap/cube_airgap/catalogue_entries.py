"""What a catalogue lists: images, files and blobs, each a value with its form in JSON.

Reading raises KeyError, TypeError, ValueError or AttributeError for what does not fit the form, all
of which Catalogue.parse translates.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from cube_airgap.assets_artifact import ARTIFACT
from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import UsageError
from cube_airgap.json_values import read_list, read_number, read_text
from cube_airgap.platforms import Platform
from cube_airgap.reference import Reference, checked_tag
from cube_airgap.tar_member import checked_path

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """One reference and the manifest or index that it stands for.

    `keep` says how many versions of its repository are kept when older ones are pruned.
    """

    reference: Reference
    digest: Digest
    component: str
    why: str
    platforms: tuple[Platform, ...]
    left_out: tuple[LeftOut, ...] = ()
    referrers: tuple[Attached, ...] = ()
    source: str = ""
    keep: int = 1

    @property
    def has_assets(self) -> bool:
        """Whether it is the artifact of the bundle's assets, which nothing can run."""
        return self.reference == ARTIFACT


def file_to_json(file: BundledFile) -> dict[str, Any]:
    """The form in the catalogue."""
    return {"path": file.path, "digest": str(file.digest), "size": file.size}


def blob_to_json(blob: BundledBlob) -> dict[str, Any]:
    """The form in the catalogue."""
    filed = {"encoding": blob.encoding, "component": blob.component}
    return blob.descriptor.to_json() | filed


def image_to_json(image: BundledImage) -> dict[str, Any]:
    """The form in the catalogue."""
    value: dict[str, Any] = {
        "reference": str(image.reference),
        "digest": str(image.digest),
        "component": image.component,
        "why": image.why,
        "platforms": [platform.to_json() for platform in image.platforms],
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
    more = {"source": image.source} if image.source else {}
    return value | more | ({"keep": image.keep} if image.keep > 1 else {})


def read_image(value: dict[str, Any]) -> BundledImage:
    """The image that `value` describes."""
    return BundledImage(
        reference=_reference(read_text(value["reference"])),
        digest=_digest(value),
        component=read_text(value["component"]),
        why=read_text(value["why"]),
        platforms=tuple(_platform(one) for one in read_list(value["platforms"])),
        left_out=tuple(
            LeftOut(_digest(one), read_text(one["why"]), read_text(one.get("platform", "")))
            for one in read_list(value["leftOut"])
        ),
        referrers=tuple(_attached(one) for one in read_list(value["referrers"])),
        source=read_text(value.get("source", "")),
        keep=read_number(value.get("keep", 1)),
    )


def _reference(text: str) -> Reference:
    reference = _parsed(Reference.parse, text)
    if str(reference) != text:
        raise ValueError(f"it names {text!r} instead of {reference}")
    return reference


def _attached(value: dict[str, Any]) -> Attached:
    tag = _parsed(checked_tag, read_text(value["tag"])) if "tag" in value else ""
    return Attached(_digest(value), tag)


def _platform(value: dict[str, Any]) -> Platform:
    for key in ("os", "architecture", "variant", "os.version"):
        read_text(value.get(key, ""))
    return Platform.from_json(value)


def read_file(value: dict[str, Any]) -> BundledFile:
    """The file that `value` describes. Raises IntegrityError for a path that may not be."""
    return BundledFile(
        checked_path(read_text(value["path"])), _digest(value), read_number(value["size"])
    )


def read_blob(value: dict[str, Any]) -> BundledBlob:
    """The blob that `value` describes. Raises UsageError for an encoding that is not known."""
    return BundledBlob(
        digest=_digest(value),
        size=read_number(value["size"]),
        media_type=read_text(value["mediaType"]),
        encoding=_encoding(read_text(value["encoding"])),
        component=read_text(value["component"]),
    )


def _encoding(name: str) -> Encoding:
    try:
        return Encoding(name)
    except ValueError:
        raise UsageError(
            f"the bundle holds a blob encoded as {name!r}, which this program does not know",
            remedy="use the cube-install that came with the bundle, or a newer one",
        ) from None


def _parsed(parse: Callable[[str], _Parsed], text: str) -> _Parsed:
    """What a user may mistype is, in a catalogue, damage."""
    try:
        return parse(text)
    except UsageError as error:
        raise ValueError(error.what) from None


def _digest(value: dict[str, Any]) -> Digest:
    return Digest.parse(read_text(value["digest"]), where="the bundle's catalogue")
