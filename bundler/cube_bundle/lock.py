"""The lock: all that a bundle holds resolved to digests, in a file that a person can review."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Self

import yaml

from cube_airgap.closure_entries import allowance_to_json, asset_to_json, read_allowance, read_asset
from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, UsageError
from cube_airgap.image_source import Referrer
from cube_airgap.platforms import Platform
from cube_airgap.reference import Reference
from cube_airgap.yaml_document import YamlDocument
from cube_bundle.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.catalogue import Allowance, BundledAsset

LOCK_SUFFIX = ".lock.yaml"
_VERSION = 1
_HEADING = "# Images by digest. The same lock gives the same bundle, byte for byte.\n"


class FileOrigin(StrEnum):
    """Whose job templates and seed data are meant, or that it is an installer."""

    OURS = "ours"
    CHECKOUT = "checkout"
    PROGRAM = "program"


@dataclass(frozen=True)
class LockedImage:
    """An image whose bytes are settled.

    `platforms` are those that it is carried for; none where its manifest names none. `source` is
    what the user wrote of its origin, and empty where that is the reference itself. `policy` is how
    it is followed.
    """

    reference: Reference
    digest: Digest
    component: str
    why: str
    platforms: tuple[Platform, ...]
    referrers: tuple[Referrer, ...] = ()
    source: str = ""
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True)
class LockedFile:
    """A file of the bundle that is no blob; the lock has its digest, not its bytes."""

    path: str
    digest: Digest
    origin: FileOrigin


@dataclass(frozen=True)
class Lock:
    """What one bundle holds: images in order of component and reference, the rest by name.

    `allowed` is what it lacks on purpose.
    """

    images: tuple[LockedImage, ...]
    assets: tuple[BundledAsset, ...] = ()
    files: tuple[LockedFile, ...] = ()
    allowed: tuple[Allowance, ...] = ()

    @classmethod
    def parse(cls, text: bytes, origin: str) -> Self:
        """Read a lock; `origin` names it in errors. Raises UsageError with file and line."""
        return cls._of(YamlDocument(text, origin))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the lock in the file `path`. Raises MissingError, UsageError."""
        return cls._of(YamlDocument.read(path))

    @classmethod
    def _of(cls, document: YamlDocument) -> Self:
        document.validate(_schema())
        data = document.data
        return cls(
            images=tuple(
                _locked(entry, document.where("images", number))
                for number, entry in enumerate(data["images"])
            ),
            assets=tuple(
                _asset(entry, document.where("assets", number))
                for number, entry in enumerate(data.get("assets", ()))
            ),
            files=tuple(
                LockedFile(one["path"], Digest.parse(one["digest"]), FileOrigin(one["origin"]))
                for one in data.get("files", ())
            ),
            allowed=tuple(read_allowance(one) for one in data.get("allowed", ())),
        )

    def encode(self) -> bytes:
        """The bytes of the file: the same images give the same bytes."""
        ordered = sorted(self.images, key=lambda one: (one.component, str(one.reference)))
        body: dict[str, Any] = {
            "version": _VERSION,
            "images": [_to_data(image) for image in ordered],
            "assets": [asset_to_json(one) for one in self.assets],
            "files": [_file_to_data(one) for one in self.files],
            "allowed": [allowance_to_json(one) for one in self.allowed],
        }
        body = {key: value for key, value in body.items() if value or key == "images"}
        text: str = yaml.safe_dump(body, sort_keys=False, width=200, allow_unicode=True)
        return (_HEADING + text).encode()


def _to_data(image: LockedImage) -> dict[str, Any]:
    data: dict[str, Any] = {
        "reference": str(image.reference),
        "digest": str(image.digest),
        "component": image.component,
        "why": image.why,
        "platforms": [str(platform) for platform in image.platforms],
    }
    if image.source:
        data["source"] = image.source
    if image.policy.newest:
        data["newest"] = image.policy.newest
    if image.policy.keep > 1:
        data["keep"] = image.policy.keep
    if image.referrers:
        data["referrers"] = [
            {
                "digest": str(one.descriptor.digest),
                "type": one.descriptor.media_type,
                "size": one.descriptor.size,
            }
            | ({"tag": one.tag} if one.tag else {})
            for one in image.referrers
        ]
    return data


def _file_to_data(one: LockedFile) -> dict[str, str]:
    return {"path": one.path, "digest": str(one.digest), "origin": str(one.origin)}


def _asset(entry: dict[str, Any], where: str) -> BundledAsset:
    try:
        return read_asset(entry)
    except IntegrityError as error:
        raise UsageError(f"{where}: {error.what}", remedy=error.remedy) from None


def _locked(entry: dict[str, Any], where: str) -> LockedImage:
    return LockedImage(
        reference=Reference.parse(entry["reference"], where=where),
        digest=Digest.parse(entry["digest"], where=where),
        component=entry["component"],
        why=entry["why"],
        platforms=tuple(Platform.parse(text) for text in entry["platforms"]),
        referrers=tuple(
            Referrer(
                Descriptor(one["type"], Digest.parse(one["digest"], where=where), one["size"]),
                one.get("tag", ""),
            )
            for one in entry.get("referrers", ())
        ),
        source=entry.get("source", ""),
        policy=Policy(entry.get("newest", ""), entry.get("keep", 1)),
    )


@cache
def _schema() -> dict[str, Any]:
    file = resources.files("cube_bundle") / "schemas" / "lock.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema
