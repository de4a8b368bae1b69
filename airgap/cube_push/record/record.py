"""Records of what was installed: one artifact for each change, numbered, none ever moved.

A record is the tag NNNN-BUNDLE of PROJECT/cube-airgap/record, where BUNDLE are the first digits of
the bundle's identity. Its layers are `relocation.yaml` and the bundle's catalogue.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_airgap.disk import write_atomically
from cube_airgap.errors import IntegrityError, MissingError, SpaceError
from cube_airgap.reference import Reference
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_airgap.registry.repository import Repository
from cube_airgap.registry.tags import list_tags
from cube_push.record.artifact_client import ArtifactClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cube_airgap.errors import AirgapError
    from cube_airgap.manifest import Manifest
    from cube_airgap.registry.destination import Destination

RECORD_TYPE = "application/vnd.cube-airgap.record.v1+json"
RELOCATION_TYPE = "application/vnd.cube-airgap.relocation.v1+yaml"
CATALOGUE_TYPE = "application/vnd.cube-airgap.catalogue.v1+json"
_CREATED = "org.opencontainers.image.created"
_BUNDLE, _IMAGES, _BUNDLE_IMAGES = (
    f"io.cube-airgap.{name}" for name in ("bundle", "images", "bundle-images")
)
# Bounded, since others may write into the project too.
_TAG = re.compile(r"([0-9]{4,18})-[0-9a-f]{12}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_COUNT = re.compile(r"[0-9]{1,9}")
_LARGEST = 64 << 20


@dataclass(frozen=True)
class Installed:
    """What of a bundle came into a registry.

    `images` counts what was there then, `bundle_images` what the bundle has; `created` is a time
    in UTC, as RFC 3339 writes it.
    """

    bundle: Digest
    created: str
    images: int
    bundle_images: int

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
    """A record in the registry: its tag, what it says, and the digests of its two files."""

    tag: str
    installed: Installed
    files: tuple[Digest, ...]


class Records:
    """The records of one project, oldest first as far as their numbers tell."""

    def __init__(self, destination: Destination, project: str) -> None:
        self._destination = destination
        self.repository = f"{project}/cube-airgap/record"

    @property
    def _reader(self) -> Repository:
        one = self._destination
        return Repository(one.endpoint, self.repository, one.retries)

    def tags(self) -> tuple[str, ...]:
        """The tags of all records. Raises AirgapError."""
        try:
            found = [tag for tag in list_tags(self._reader) if _TAG.fullmatch(tag)]
        except MissingError:
            return ()
        return tuple(sorted(found, key=lambda tag: (_number(tag), tag)))

    def read(self, tag: str) -> Record:
        """One record. Raises AirgapError; IntegrityError when it is none of ours."""
        return _parse(tag, self._manifest(tag))

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
        manifest = self._manifest(record.tag)
        for layer in manifest.layers:
            if layer.media_type == RELOCATION_TYPE and layer.size <= _LARGEST:
                data = b"".join(self._reader.read_blob(layer))
                if layer.digest.matches(data):
                    return data
        raise _strange(record.tag, "it has no sound relocation.yaml")

    def add(self, installed: Installed, relocation: bytes, catalogue: bytes) -> str | None:
        """Write a record and return its tag; None where the newest one says the same already.

        Raises AirgapError.
        """
        files = (Digest.of(relocation), Digest.of(catalogue))
        tags = self.tags()
        if tags and self._says(tags[-1], files):
            return None
        number = _number(tags[-1]) + 1 if tags else 1
        tag = f"{number:04d}-{installed.bundle.short}"
        with _temporary_directory() as directory:
            relocation_path = directory / "relocation.yaml"
            catalogue_path = directory / "bundle.json"
            write_atomically(relocation_path, relocation)
            write_atomically(catalogue_path, catalogue)
            typed = [(relocation_path, RELOCATION_TYPE), (catalogue_path, CATALOGUE_TYPE)]
            with closing(ArtifactClient(self._destination, self.repository)) as client:
                client.push_files(tag, typed, _annotations(installed), RECORD_TYPE)
        return tag

    def _says(self, tag: str, files: tuple[Digest, ...]) -> bool:
        """Whether a record has these files; one that Harbor hides or somebody else made differs."""
        try:
            return self.read(tag).files == files
        except (UnexpectedAnswerError, IntegrityError):
            return False

    def _manifest(self, tag: str) -> Manifest:
        name = Reference(self._destination.host, self.repository, tag)
        return self._reader.resolve(name)


@contextmanager
def _temporary_directory() -> Iterator[Path]:
    try:
        made = tempfile.TemporaryDirectory()
    except OSError as error:
        raise SpaceError(
            f"the record cannot be prepared: {error.strerror}",
            remedy="name a directory that can be written to with TMPDIR; the images are there, and "
            "the same command then writes the record",
        ) from None
    with made as name:
        yield Path(name)


def _annotations(installed: Installed) -> dict[str, str]:
    return {
        _CREATED: installed.created,
        _BUNDLE: str(installed.bundle),
        _IMAGES: str(installed.images),
        _BUNDLE_IMAGES: str(installed.bundle_images),
    }


def _number(tag: str) -> int:
    return int(tag.partition("-")[0])


def _parse(tag: str, manifest: Manifest) -> Record:
    told = manifest.body.get("annotations") or {}
    try:
        installed = Installed(
            Digest.parse(str(told[_BUNDLE]), where=f"record {tag}"),
            _matched(_TIME, told[_CREATED]),
            int(_matched(_COUNT, told[_IMAGES])),
            int(_matched(_COUNT, told[_BUNDLE_IMAGES])),
        )
    except (KeyError, TypeError, ValueError, IntegrityError):
        raise _strange(tag, "its annotations are not those of one") from None
    return Record(tag, installed, tuple(layer.digest for layer in manifest.layers))


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text


def _strange(tag: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{tag} is no record that this program wrote: {why}",
        remedy="delete that tag in the registry; the next push writes a new record",
    )
