"""Reading the records of many places side by side, be they of bundles or of syncs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cube_airgap.each import each, each_shown
from cube_airgap.errors import AirgapError
from cube_harbor.artifacts import find_repositories
from cube_install.prune.recorded import (
    Brought,
    bundle_sets,
    in_force,
    sync_sets,
    versions_to_keep,
)
from cube_push.record.record import RECORD_PATH, Records
from cube_push.record.sync_records import SYNC_PATH, SyncRecords
from cube_push.relocation_record import parse_relocation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cube_airgap.progress import Progress
    from cube_airgap.registry.destination import Destination
    from cube_harbor.api import HarborApi
    from cube_install.prune.recorded import RecordedSet
    from cube_push.record.record import Record
    from cube_push.relocation_record import RelocatedImage

RECORD_FOLDER = "cube-airgap"
"""The folder of a place in which its records are."""


class _Reader(Protocol):
    """The records of one kind at one place: read() takes in one after the other."""

    place: str

    def tags(self) -> tuple[str, ...]: ...

    def read(self, tag: str) -> None: ...

    def sets(self) -> tuple[RecordedSet, ...]: ...


class _Task(NamedTuple):
    reader: _Reader
    tag: str

    def __str__(self) -> str:
        return f"{self.reader.place}:{self.tag}"


@dataclass(frozen=True)
class Reading:
    """Reads from the Harbor that is `destination` and `harbor`, with `jobs` requests at once.

    A record that cannot be read may be of images that are needed: `unreadable` is told of it, and
    of the project or place that it is in.
    """

    destination: Destination
    harbor: HarborApi
    jobs: int
    unreadable: Callable[[str, AirgapError], None]

    def find(self) -> tuple[str, ...]:
        """The repositories with records, of all projects that the login may see.

        Raises AirgapError.
        """
        found = (str(one) for one in find_repositories(self.harbor, f"{RECORD_FOLDER}/"))
        return tuple(one for one in found if one.endswith((f"/{RECORD_PATH}", f"/{SYNC_PATH}")))

    def read(
        self, repositories: Sequence[str], progress: Progress
    ) -> Mapping[str, tuple[RecordedSet, ...]]:
        """What records say, by their places, PROJECT or PROJECT/PATH; each kind oldest first."""
        readers = [self._reader(name) for name in repositories]
        listed = each(readers, self._tags, self.jobs)
        tasks = [
            _Task(reader, tag) for reader, tags in zip(readers, listed, strict=True) for tag in tags
        ]
        each_shown(tasks, self._read, self.jobs, progress)
        found: dict[str, tuple[RecordedSet, ...]] = defaultdict(tuple)
        sets = each(readers, lambda one: one.sets(), self.jobs)
        for reader, of_one in zip(readers, sets, strict=True):
            found[reader.place] += of_one
        return found

    def _reader(self, repository: str) -> _Reader:
        place = repository.rpartition(f"/{RECORD_FOLDER}/")[0]
        if repository.endswith(f"/{RECORD_PATH}"):
            return _BundleReader(place, Records(self.destination, place), self.unreadable)
        return _SyncReader(place, SyncRecords(self.destination, place, "", ""))

    def _tags(self, reader: _Reader) -> tuple[str, ...]:
        try:
            return reader.tags()
        except AirgapError as error:
            self.unreadable(reader.place, error)
            return ()

    def _read(self, task: _Task) -> None:
        try:
            task.reader.read(task.tag)
        except AirgapError as error:
            self.unreadable(task.reader.place, error)


class _BundleReader:
    def __init__(
        self, place: str, records: Records, unreadable: Callable[[str, AirgapError], None]
    ) -> None:
        self.place = place
        self._records = records
        self._unreadable = unreadable
        self._order: tuple[str, ...] = ()
        self._found: dict[str, tuple[Record, Brought]] = {}

    def tags(self) -> tuple[str, ...]:
        self._order = self._records.tags()
        return self._order

    def read(self, tag: str) -> None:
        name = f"{self._records.repository}:{tag}"
        record = self._records.read(tag)
        images = parse_relocation(self._records.relocation(record), name)
        self._found[tag] = record, Brought(name, record.installed, images)

    def sets(self) -> tuple[RecordedSet, ...]:
        known = [self._found[tag] for tag in self._order if tag in self._found]
        brought = [one for _, one in known]
        keep = {brought[at].name: self._keep(known[at][0]) for at in in_force(brought)}
        return bundle_sets(brought, keep)

    def _keep(self, record: Record) -> dict[str, int]:
        """How many versions of each repository the bundle's list wants to stay."""
        try:
            images = self._records.catalogue(record).every_image
        except AirgapError as error:
            self._unreadable(self.place, error)
            return {}
        return versions_to_keep((image.reference.name, image.keep) for image in images)


class _SyncReader:
    def __init__(self, place: str, records: SyncRecords) -> None:
        self.place = place
        self._records = records
        self._order: tuple[str, ...] = ()
        self._found: dict[str, tuple[RelocatedImage, ...]] = {}

    def tags(self) -> tuple[str, ...]:
        self._order = self._records.tags()
        return self._order

    def read(self, tag: str) -> None:
        self._found[tag] = self._records.read(tag)

    def sets(self) -> tuple[RecordedSet, ...]:
        read = {tag: self._found[tag] for tag in self._order if tag in self._found}
        return sync_sets(self._records.repository, read)
