"""Small artifacts of one repository under tags that count up, of which none is ever moved."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from cube_airgap.disk import temporary_directory, write_atomically
from cube_airgap.errors import IntegrityError, MissingError
from cube_airgap.reference import Reference
from cube_push.record.artifact_client import ArtifactClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cube_airgap.manifest import Manifest
    from cube_airgap.registry.destination import Destination
    from cube_airgap.registry.repository import Repository

LARGEST_FILE = 64 << 20
# Bounded, since others may write into the project too.
_TAG = re.compile(r"([0-9]{4,18})-[0-9a-f]{12}")

NamedFile = tuple[str, str, bytes]
"""A file of an artifact: its name, its media type, and its bytes."""


class NumberedArtifacts:
    """The artifacts of `repository`, whose tags are NNNN-NAME; NAME has twelve hex digits."""

    def __init__(self, destination: Destination, repository: str) -> None:
        self._destination = destination
        self.repository = repository

    @property
    def _reader(self) -> Repository:
        return self._destination.source(self.repository)

    def tags(self) -> tuple[str, ...]:
        """The tags, oldest first as far as their numbers tell. Raises AirgapError."""
        try:
            found = [tag for tag in self._reader.tags() if _TAG.fullmatch(tag)]
        except MissingError:
            return ()
        return tuple(sorted(found, key=lambda tag: (_number(tag), tag)))

    def manifest(self, tag: str) -> Manifest:
        """One artifact's manifest. Raises AirgapError."""
        return self._reader.resolve(Reference(self._destination.host, self.repository, tag))

    def file(self, manifest: Manifest, media_type: str) -> bytes | None:
        """The file of that type, or None where there is no sound one. Raises AirgapError."""
        for layer in manifest.layers:
            if layer.media_type == media_type and layer.size <= LARGEST_FILE:
                data = b"".join(self._reader.read_blob(layer))
                if layer.digest.matches(data):
                    return data
        return None

    def add(
        self,
        name: str,
        files: Sequence[NamedFile],
        annotations: Mapping[str, str],
        artifact_type: str,
    ) -> str:
        """Write an artifact under the next number and `name`, and return its tag.

        Raises AirgapError.
        """
        tags = self.tags()
        number = _number(tags[-1]) + 1 if tags else 1
        tag = f"{number:04d}-{name}"
        with temporary_directory() as directory:
            typed = []
            for file_name, media_type, data in files:
                write_atomically(directory / file_name, data)
                typed.append((directory / file_name, media_type))
            with closing(ArtifactClient(self._destination, self.repository)) as client:
                client.push_files(tag, typed, annotations, artifact_type)
        return tag


def _number(tag: str) -> int:
    return int(tag.partition("-")[0])


def strange_record(repository: str, tag: str, why: str) -> IntegrityError:
    """The error for an artifact that is none of ours."""
    return IntegrityError(
        f"{repository}:{tag} is no record that this program wrote: {why}",
        remedy="delete that tag in the registry; the next push writes a new record",
    )
