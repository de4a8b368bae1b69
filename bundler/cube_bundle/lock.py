"""The lock: every image of a bundle resolved to digests, in a file that a person can review."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Self

import yaml

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.image_source import Referrer
from cube_airgap.platforms import Platform
from cube_airgap.reference import Reference
from cube_airgap.yaml_document import YamlDocument

if TYPE_CHECKING:
    from pathlib import Path

LOCK_SUFFIX = ".lock.yaml"
_VERSION = 1
_HEADING = "# Images by digest. The same lock gives the same bundle, byte for byte.\n"


@dataclass(frozen=True)
class LockedImage:
    """An image whose bytes are settled.

    `platforms` are those that it is carried for; none where its manifest names none. `source` is
    what the user wrote of its origin, and empty where that is the reference itself.
    """

    reference: Reference
    digest: Digest
    component: str
    why: str
    platforms: tuple[Platform, ...]
    referrers: tuple[Referrer, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Lock:
    """The images of one bundle, in order of component and reference."""

    images: tuple[LockedImage, ...]

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
        entries = document.data["images"]
        return cls(
            tuple(
                _locked(entry, document.where("images", number))
                for number, entry in enumerate(entries)
            )
        )

    def encode(self) -> bytes:
        """The bytes of the file: the same images give the same bytes."""
        ordered = sorted(self.images, key=lambda one: (one.component, str(one.reference)))
        body = {"version": _VERSION, "images": [_to_data(image) for image in ordered]}
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
    )


@cache
def _schema() -> dict[str, Any]:
    file = resources.files("cube_bundle") / "schemas" / "lock.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema
