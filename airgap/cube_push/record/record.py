"""Records of what was installed: one artifact for each change, numbered, none ever moved.

A record is the tag NNNN-BUNDLE of PROJECT/cube-airgap/record, where BUNDLE are the first digits of
the bundle's identity. Its layers are `relocation.yaml` and the bundle's catalogue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.catalogue import Catalogue
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_push.record.numbered_artifacts import NumberedArtifacts, strange_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.errors import AirgapError
    from cube_airgap.manifest import Manifest
    from cube_airgap.registry.destination import Destination

RECORD_PATH = "cube-airgap/record"
RECORD_TYPE = "application/vnd.cube-airgap.record.v1+json"
RELOCATION_TYPE = "application/vnd.cube-airgap.relocation.v1+yaml"
CATALOGUE_TYPE = "application/vnd.cube-airgap.catalogue.v1+json"
_CREATED = "org.opencontainers.image.created"
_BUNDLE, _IMAGES, _BUNDLE_IMAGES, _FOLLOWS = (
    f"io.cube-airgap.{name}" for name in ("bundle", "images", "bundle-images", "follows")
)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_COUNT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Installed:
    """What of a bundle came into a registry.

    `images` counts what was there then, `bundle_images` what the bundle has; `created` is a time
    in UTC, as RFC 3339 writes it. `follows` are the bundles that it takes the place of.
    """

    bundle: Digest
    created: str
    images: int
    bundle_images: int
    follows: tuple[Digest, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "bundle": str(self.bundle),
            "created": self.created,
            "images": self.images,
            "bundleImages": self.bundle_images,
        }


@dataclass(frozen=True)
class Record:
    """A record in the registry: its tag, what it says, and the manifest that names its files."""

    tag: str
    installed: Installed
    manifest: Manifest

    @property
    def files(self) -> tuple[Digest, ...]:
        """The digests of its two files."""
        return tuple(layer.digest for layer in self.manifest.layers)


class Records:
    """The records of one project, oldest first as far as their numbers tell."""

    def __init__(self, destination: Destination, project: str) -> None:
        self._artifacts = NumberedArtifacts(destination, f"{project}/{RECORD_PATH}")

    @property
    def repository(self) -> str:
        """Where they are."""
        return self._artifacts.repository

    def tags(self) -> tuple[str, ...]:
        """The tags of all records. Raises AirgapError."""
        return self._artifacts.tags()

    def read(self, tag: str) -> Record:
        """One record. Raises AirgapError; IntegrityError when it is none of ours."""
        return _parse(self.repository, tag, self._artifacts.manifest(tag))

    def history(self, unreadable: Callable[[AirgapError], None]) -> tuple[Record, ...]:
        """All records; `unreadable` is told of those that cannot be read. Raises AirgapError."""
        found = []
        for tag in self.tags():
            try:
                found.append(self.read(tag))
            except (UnexpectedAnswerError, IntegrityError) as error:
                unreadable(error)
        return tuple(found)

    def relocation(self, record: Record) -> bytes:
        """A record's `relocation.yaml`. Raises AirgapError; IntegrityError for other bytes."""
        found = self._artifacts.file(record.manifest, RELOCATION_TYPE)
        if found is None:
            raise strange_record(self.repository, record.tag, "it has no sound relocation.yaml")
        return found

    def catalogue(self, record: Record) -> Catalogue:
        """The catalogue of a record's bundle. Raises AirgapError."""
        found = self._artifacts.file(record.manifest, CATALOGUE_TYPE)
        if found is None:
            raise strange_record(self.repository, record.tag, "it has no sound bundle.json")
        return Catalogue.parse(found)

    def add(self, installed: Installed, relocation: bytes, catalogue: bytes) -> str | None:
        """Write a record and return its tag; None where the newest one says the same already.

        Raises AirgapError.
        """
        tags = self.tags()
        if tags and self._says(tags[-1], (Digest.of(relocation), Digest.of(catalogue))):
            return None
        files = [
            ("relocation.yaml", RELOCATION_TYPE, relocation),
            ("bundle.json", CATALOGUE_TYPE, catalogue),
        ]
        told = _annotations(installed)
        return self._artifacts.add(installed.bundle.short, files, told, RECORD_TYPE)

    def _says(self, tag: str, files: tuple[Digest, ...]) -> bool:
        """Whether a record has these files; one that Harbor hides or somebody else made differs."""
        try:
            return self.read(tag).files == files
        except (UnexpectedAnswerError, IntegrityError):
            return False


def _annotations(installed: Installed) -> dict[str, str]:
    return {
        _CREATED: installed.created,
        _BUNDLE: str(installed.bundle),
        _IMAGES: str(installed.images),
        _BUNDLE_IMAGES: str(installed.bundle_images),
        **({_FOLLOWS: " ".join(map(str, installed.follows))} if installed.follows else {}),
    }


def _parse(repository: str, tag: str, manifest: Manifest) -> Record:
    told = manifest.body.get("annotations") or {}
    try:
        installed = Installed(
            Digest.parse(str(told[_BUNDLE]), where=f"record {repository}:{tag}"),
            _matched(_TIME, told[_CREATED]),
            int(_matched(_COUNT, told[_IMAGES])),
            int(_matched(_COUNT, told[_BUNDLE_IMAGES])),
            tuple(Digest.parse(one) for one in str(told.get(_FOLLOWS, "")).split()),
        )
    except (KeyError, TypeError, ValueError, IntegrityError):
        raise strange_record(repository, tag, "its annotations are not those of one") from None
    return Record(tag, installed, manifest)


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text
