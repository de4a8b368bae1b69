"""Which images no record in force has: a pure function of all records."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cube_airgap.digest import Digest
    from cube_install.prune.recorded import RecordedSet
    from cube_push.relocation_record import RelocatedImage

Place = tuple[str, "Digest"]
"""A repository without host, and the digest of a manifest in it."""


@dataclass(frozen=True)
class Candidate:
    """An image that was brought and that nothing on record needs; `record` had it last.

    `images` are all entries of records for it, the last one last: its name and origin may differ.
    """

    place: Place
    images: tuple[RelocatedImage, ...]
    record: str

    @property
    def image(self) -> RelocatedImage:
        """As it was brought last."""
        return self.images[-1]

    @property
    def tags(self) -> frozenset[str]:
        """All that were ever put on it."""
        return frozenset(one.target.tag for one in self.images if one.target.tag)


@dataclass(frozen=True)
class Needs:
    """What has to stay: manifests by their places, and tags by their repositories."""

    places: frozenset[Place] = frozenset()
    tags: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, sets: Sequence[RecordedSet]) -> Self:
        """What the sets of one place need that are in force, and what they are to keep."""
        kept = [image for one in sets if one.in_force for image in (*one.images, *_versions(one))]
        kept += _newest(sets)
        tags = ((one.target.repository, one.target.tag) for one in kept if one.target.tag)
        return cls(frozenset(map(place_of, kept)), frozenset(tags))

    def __or__(self, other: Needs) -> Needs:
        return Needs(self.places | other.places, self.tags | other.tags)


def place_of(image: RelocatedImage) -> Place:
    """Where an image is."""
    return image.target.repository, image.digest


def find_candidates(sets: Sequence[RecordedSet], needs: Needs) -> tuple[Candidate, ...]:
    """The images of `sets` that are not among what is needed."""
    found: dict[Place, Candidate] = {}
    for one in sets:
        for image in one.images:
            place = place_of(image)
            if place not in needs.places:
                known = found[place].images if place in found else ()
                found[place] = Candidate(place, (*known, image), one.name)
    return tuple(sorted(found.values(), key=lambda one: (str(one.image.target), one.place[1])))


def _versions(one: RecordedSet) -> Iterator[RelocatedImage]:
    """Of each repository as many versions as are to be kept, those first that came last.

    Where a list has several images of a repository, each of them may have that many.
    """
    own = Counter(image.origin.name for image in one.images)
    found: dict[str, set[Place]] = defaultdict(set)
    for image in (image for each in (one, *one.before) for image in each.images):
        name = image.origin.name
        if len(found[name]) < one.keep.get(name, 1) * max(own[name], 1):
            found[name].add(place_of(image))
            yield image


def _newest(sets: Sequence[RecordedSet]) -> Iterable[RelocatedImage]:
    """Of each repository the version that came last, whatever became of its list."""
    return {image.origin.name: image for one in sets for image in one.images}.values()
