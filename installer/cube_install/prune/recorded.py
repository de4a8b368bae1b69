"""What was ever brought to a place, by its records, and which of it is in force."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cube_push.record.sync_records import sync_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cube_push.record.record import Installed
    from cube_push.relocation_record import RelocatedImage


@dataclass(frozen=True)
class RecordedSet:
    """The images of one record, which is `in_force` as long as no later one takes its place.

    `keep` says of repositories, by the names of their origins, how many versions are to stay.
    `before` are the sets that this one took the place of, the newest first.
    """

    name: str
    images: tuple[RelocatedImage, ...]
    in_force: bool
    keep: Mapping[str, int] = field(default_factory=dict)
    before: tuple[RecordedSet, ...] = ()


@dataclass(frozen=True)
class Brought:
    """A bundle's record, by the name of its tag, and the images that it tells of."""

    name: str
    installed: Installed
    images: tuple[RelocatedImage, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all images of the bundle were there then."""
        return self.installed.images >= self.installed.bundle_images

    def takes_place_of(self, earlier: Brought) -> bool:
        """Whether nothing of an earlier one is needed any more, but for what this one has too.

        It follows that, is of the same bundle, or has all of its repositories, each with as many
        images. A push that brought only a part leaves the earlier one in force.
        """
        one, other = self.installed, earlier.installed
        is_later = one.bundle == other.bundle or other.bundle in one.follows
        return self.is_whole and (is_later or _repositories(earlier) <= _repositories(self))


def _repositories(one: Brought) -> Counter[str]:
    return Counter(image.origin.name for image in one.images)


def in_force(brought: Sequence[Brought]) -> tuple[int, ...]:
    """The numbers of those whose place no later one takes; the oldest comes first."""
    return tuple(
        number
        for number, one in enumerate(brought)
        if not any(later.takes_place_of(one) for later in brought[number + 1 :])
    )


def bundle_sets(
    brought: Sequence[Brought], keep: Mapping[str, Mapping[str, int]]
) -> tuple[RecordedSet, ...]:
    """The sets of one place's bundles, in their order; `keep` is by the names of those in force."""
    found = [RecordedSet(one.name, one.images, in_force=False) for one in brought]
    for number in in_force(brought):
        before = tuple(found[earlier] for earlier in _before(brought, number))
        kept = keep.get(brought[number].name, {})
        found[number] = replace(found[number], in_force=True, keep=kept, before=before)
    return tuple(found)


def _before(brought: Sequence[Brought], number: int) -> list[int]:
    """Those whose place it took, directly or through others; the newest comes first."""
    line = [number]
    for earlier in reversed(range(number)):
        if any(brought[one].takes_place_of(brought[earlier]) for one in line):
            line.append(earlier)
    return line[1:]


def sync_sets(
    repository: str, read: Mapping[str, tuple[RelocatedImage, ...]]
) -> tuple[RecordedSet, ...]:
    """The sets of one place's syncs, by their tags in order: of each sync the last is in force."""
    found: list[RecordedSet] = []
    lines: dict[str, list[RecordedSet]] = defaultdict(list)
    newest = {sync_of(tag): tag for tag in read}
    for tag, images in read.items():
        line = lines[sync_of(tag)]
        one = RecordedSet(f"{repository}:{tag}", images, in_force=tag == newest[sync_of(tag)])
        if one.in_force:
            keep = versions_to_keep((image.origin.name, image.keep) for image in images)
            one = replace(one, keep=keep, before=tuple(reversed(line)))
        line.append(one)
        found.append(one)
    return tuple(found)


def versions_to_keep(wanted: Iterable[tuple[str, int]]) -> dict[str, int]:
    """How many versions of each repository are to stay: the most that is `wanted` of its images."""
    found: dict[str, int] = {}
    for name, keep in wanted:
        found[name] = max(found.get(name, 1), keep)
    return found
