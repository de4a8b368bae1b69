"""What was ever brought into a project, by its records, and which of it is in force."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError
from cube_push.record.record import Records
from cube_push.record.sync_records import SyncRecords
from cube_push.relocation_record import parse_relocation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cube_airgap.registry.destination import Destination
    from cube_push.record.record import Record
    from cube_push.relocation_record import RelocatedImage


@dataclass(frozen=True)
class RecordedSet:
    """The images of one record, which is `in_force` as long as no later one takes its place.

    `keep` says of repositories, by the names of their origins, how many versions are to stay.
    """

    name: str
    images: tuple[RelocatedImage, ...]
    in_force: bool
    keep: Mapping[str, int] = field(default_factory=dict)


def read_sets(
    destination: Destination, project: str, unreadable: Callable[[AirgapError], None]
) -> tuple[RecordedSet, ...]:
    """The records of bundles and of syncs into `project`, each kind with the oldest first.

    A record that cannot be read may be of images that are needed: `unreadable` is told of it.
    Raises AirgapError.
    """
    records = Records(destination, project)
    history = records.history(unreadable)
    known = list(_with_images(records, history, unreadable))
    found = [
        RecordedSet(
            f"{records.repository}:{record.tag}",
            images,
            in_force := not _is_superseded(number, known),
            _keep(records, record) if in_force else {},
        )
        for number, (record, images) in enumerate(known)
    ]
    syncs = SyncRecords(destination, project, "", "")
    newest = set(syncs.newest_tags())
    for tag, images in syncs.history(unreadable):
        in_force = tag in newest
        keep = _keep_of(images) if in_force else {}
        found.append(RecordedSet(f"{syncs.repository}:{tag}", images, in_force, keep))
    return tuple(found)


def _with_images(
    records: Records, history: Sequence[Record], unreadable: Callable[[AirgapError], None]
) -> Iterator[tuple[Record, tuple[RelocatedImage, ...]]]:
    for record in history:
        try:
            raw = records.relocation(record)
            yield record, parse_relocation(raw, f"{records.repository}:{record.tag}")
        except AirgapError as error:
            unreadable(error)


def _is_superseded(number: int, known: Sequence[tuple[Record, tuple[RelocatedImage, ...]]]) -> bool:
    """Whether a later record says so, or is of the same bundle, or of all the same repositories."""
    record, images = known[number]
    names = {one.origin.name for one in images}
    for later, others in known[number + 1 :]:
        is_same = later.installed.bundle == record.installed.bundle
        follows = record.installed.bundle in later.installed.follows
        if is_same or follows or names <= {one.origin.name for one in others}:
            return True
    return False


def _keep_of(images: Sequence[RelocatedImage]) -> dict[str, int]:
    found: dict[str, int] = {}
    for image in images:
        name = image.origin.name
        found[name] = max(found.get(name, 1), image.keep)
    return found


def _keep(records: Records, record: Record) -> dict[str, int]:
    found: dict[str, int] = {}
    for image in records.catalogue(record).every_image:
        name = image.reference.name
        found[name] = max(found.get(name, 1), image.keep)
    return found
