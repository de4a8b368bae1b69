"""What no record in force has."""

from __future__ import annotations

from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_install.prune.candidates import find_candidates
from cube_install.prune.recorded import RecordedSet
from cube_push.relocation_record import RelocatedImage


def image(name: str, content: str = "") -> RelocatedImage:
    digest = Digest.of((content or name).encode())
    origin = Reference.parse(f"quay.io/{name}")
    return RelocatedImage(origin, Reference.parse(f"h.example/p/quay.io/{name}"), digest, digest)


def old(*images: RelocatedImage) -> RecordedSet:
    return RecordedSet("r:0001-a", images, in_force=False)


def new(*images: RelocatedImage, keep: int = 1) -> RecordedSet:
    return RecordedSet("r:0002-b", images, True, {"quay.io/app": keep})


def names(*sets: RecordedSet, needed: tuple[RelocatedImage, ...] = ()) -> list[tuple[str, str]]:
    found = find_candidates(sets, needed)
    return [(str(one.image.origin), str(one.image.digest)) for one in found]


def named(one: RelocatedImage) -> tuple[str, str]:
    return str(one.origin), str(one.digest)


def test_what_the_newest_record_has_stays() -> None:
    gone = image("app:1")
    assert names(old(gone, image("web:1")), new(image("app:2"), image("web:1"))) == [named(gone)]


def test_of_a_moved_tag_the_old_digest_is_needed_no_more() -> None:
    assert names(old(image("app:1", "old")), new(image("app:1", "new"))) == [
        named(image("app:1", "old"))
    ]


def test_an_image_under_two_tags_stays_as_long_as_one_is_in_force() -> None:
    assert names(old(image("app:1", "same")), new(image("app:2", "same"))) == []


def test_as_many_versions_stay_as_are_to_be_kept_and_those_that_came_last() -> None:
    sets = [
        RecordedSet(f"r:{number}", (image(f"app:{number}"),), in_force=number == 4)
        for number in range(1, 5)
    ]
    last = RecordedSet("r:4", sets[-1].images, True, {"quay.io/app": 3})
    assert names(*sets[:-1], last) == [named(image("app:1"))]


def test_what_others_need_stays() -> None:
    gone = image("app:1")
    assert names(old(gone), new(image("app:2")), needed=(gone,)) == []


def test_all_tags_that_it_ever_had_are_known_and_the_record_that_had_it_last() -> None:
    sets = (
        RecordedSet("r:1", (image("app:1", "same"),), in_force=False),
        RecordedSet("r:2", (image("app:2", "same"),), in_force=False),
        new(image("app:3")),
    )
    (found,) = find_candidates(sets)
    assert (found.tags, found.record) == (frozenset({"1", "2"}), "r:2")
