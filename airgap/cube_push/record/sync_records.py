"""What a sync brought last, kept in the registry: so that an unchanged image costs no manifest.

A record is the tag NNNN-WHATWHO of PROJECT/cube-airgap/sync: six digits for what is taken of each
image, six for which images were asked for. Its only layer is `relocation.yaml`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_push.record.numbered_artifacts import NumberedArtifacts, strange_record
from cube_push.record.record import RELOCATION_TYPE
from cube_push.relocation_record import parse_relocation

if TYPE_CHECKING:
    from cube_airgap.reference import Reference
    from cube_airgap.registry.destination import Destination
    from cube_push.relocation_record import RelocatedImage

SYNC_PATH = "cube-airgap/sync"
SYNC_TYPE = "application/vnd.cube-airgap.sync.v1+json"
_CREATED = "org.opencontainers.image.created"


class SyncRecords:
    """The records of syncs into one project.

    `selection` tells what is taken of each image (platforms, and whether referrers come along):
    after another one nothing is known. `asked` tells which images are: a sync of others has a
    newest record of its own.
    """

    def __init__(self, destination: Destination, project: str, selection: str, asked: str) -> None:
        self._artifacts = NumberedArtifacts(destination, f"{project}/{SYNC_PATH}")
        self._selection = _digits(selection)
        self._name = self._selection + _digits(asked)

    @property
    def repository(self) -> str:
        """Where they are."""
        return self._artifacts.repository

    def known(self) -> dict[Reference, RelocatedImage]:
        """The images of the newest record of each sync with this selection, by their origins.

        Records that cannot be read count for nothing. Raises AirgapError.
        """
        found: dict[Reference, RelocatedImage] = {}
        tags = self.tags()
        newest = {sync_of(tag): tag for tag in tags}
        for tag in tags:
            if tag == newest[sync_of(tag)] and sync_of(tag).startswith(self._selection):
                found |= {one.origin: one for one in self._images(tag)}
        return found

    def tags(self) -> tuple[str, ...]:
        """The tags of all records, the oldest first. Raises AirgapError."""
        return self._artifacts.tags()

    def read(self, tag: str) -> tuple[RelocatedImage, ...]:
        """The images of one record. Raises AirgapError; IntegrityError when it is none of ours."""
        raw = self._raw(tag)
        if raw is None:
            raise strange_record(self.repository, tag, "it has no sound relocation.yaml")
        return parse_relocation(raw, f"{self.repository}:{tag}")

    def _images(self, tag: str) -> tuple[RelocatedImage, ...]:
        try:
            return self.read(tag)
        except (UnexpectedAnswerError, IntegrityError):
            return ()

    def _raw(self, tag: str) -> bytes | None:
        return self._artifacts.file(self._artifacts.manifest(tag), RELOCATION_TYPE)

    def add(self, relocation: bytes) -> str | None:
        """Write a record and return its tag; None where the newest one says the same already.

        Raises AirgapError.
        """
        own = [tag for tag in self._artifacts.tags() if tag.endswith(f"-{self._name}")]
        if own and self._says(own[-1], relocation):
            return None
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        files = [("relocation.yaml", RELOCATION_TYPE, relocation)]
        return self._artifacts.add(self._name, files, {_CREATED: now}, SYNC_TYPE)

    def _says(self, tag: str, relocation: bytes) -> bool:
        try:
            return self._raw(tag) == relocation
        except (UnexpectedAnswerError, IntegrityError):
            return False


def sync_of(tag: str) -> str:
    """Which sync a record is of: what is taken of each image, and which images are asked for."""
    return tag.partition("-")[2]


def _digits(text: str) -> str:
    return Digest.of(text.encode()).hex[:6]
