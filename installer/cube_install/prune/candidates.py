"""Which images no record in force has: a pure function of all records."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cube_airgap.digest import Digest
    from cube_install.prune.recorded import RecordedSet
    from cube_push.relocation_record import RelocatedImage

Place = tuple[str, "Digest"]
"""A repository without host, and the digest of a manifest in it."""


@dataclass(frozen=True)
class Candidate:
    """An image that was brought and that nothing on record needs; `record` had it last.

    `tags` are all that were ever put on it.
    """

    image: RelocatedImage
    tags: frozenset[str]
    record: str

    @property
    def place(self) -> Place:
        """Where it is."""
        return place_of(self.image)


def place_of(image: RelocatedImage) -> Place:
    """Where an image is."""
    return image.target.repository, image.digest


def find_candidates(
    sets: Sequence[RecordedSet], needed: Iterable[RelocatedImage] = ()
) -> tuple[Candidate, ...]:
    """The images of `sets` that are in none in force, nor `needed`, nor kept as a newer version."""
    kept = {place_of(image) for image in needed}
    kept |= {place_of(image) for one in sets if one.in_force for image in one.images}
    kept |= _newest(sets)
    found: dict[Place, Candidate] = {}
    for one in sets:
        for image in one.images:
            place = place_of(image)
            if place not in kept:
                known = found.get(place)
                tags = known.tags if known else frozenset()
                more = {image.target.tag} if image.target.tag else set()
                found[place] = Candidate(image, tags | more, one.name)
    return tuple(sorted(found.values(), key=lambda one: (str(one.image.target), one.place[1])))


def _newest(sets: Sequence[RecordedSet]) -> set[Place]:
    """Of each repository as many versions as are to be kept, those first that came last."""
    wanted: dict[str, int] = defaultdict(lambda: 1)
    for one in sets:
        for name, count in one.keep.items():
            wanted[name] = max(wanted[name], count)
    found: dict[str, dict[Place, None]] = defaultdict(dict)
    for one in reversed(sets):
        for image in one.images:
            places = found[image.origin.name]
            if len(places) < wanted[image.origin.name]:
                places[place_of(image)] = None
    return {place for places in found.values() for place in places}
