"""What no record in force has."""

from __future__ import annotations

from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_install.prune.candidates import Candidate, Needs, find_candidates
from cube_install.prune.recorded import RecordedSet
from cube_push.relocation_record import RelocatedImage


def image(name: str, content: str = "", origin: str = "") -> RelocatedImage:
    digest = Digest.of((content or name).encode())
    target = Reference.parse(f"h.example/p/quay.io/{name}")
    return RelocatedImage(Reference.parse(origin or f"quay.io/{name}"), target, digest, digest)


def old(*images: RelocatedImage) -> RecordedSet:
    return RecordedSet("r:0001-a", images, in_force=False)


def new(
    *images: RelocatedImage, keep: int = 1, before: tuple[RecordedSet, ...] = ()
) -> RecordedSet:
    return RecordedSet("r:0002-b", images, True, {"quay.io/app": keep}, before)


def candidates(*sets: RecordedSet, others: Needs | None = None) -> tuple[Candidate, ...]:
    return find_candidates(sets, Needs.of(sets) | (others or Needs()))


def names(*sets: RecordedSet, others: Needs | None = None) -> list[tuple[str, str]]:
    return [named(one.image) for one in candidates(*sets, others=others)]


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
    older = [RecordedSet(f"r:{at}", (image(f"app:{at}"),), in_force=False) for at in (1, 2, 3)]
    last = new(image("app:4"), keep=3, before=tuple(reversed(older)))
    assert names(*older, last) == [named(image("app:1"))]


def test_versions_of_another_list_do_not_count_among_those_that_a_list_keeps() -> None:
    """Two lists of one repository: the second one's versions came later, and are its own."""
    first = old(image("app:1"))
    last = new(image("app:2"), keep=2, before=(first,))
    others = [RecordedSet(f"s:{at}", (image(f"app:s{at}"),), in_force=at == 3) for at in (1, 2, 3)]
    assert names(first, last, *others) == [named(image("app:s1")), named(image("app:s2"))]


def test_of_several_images_of_a_repository_each_keeps_as_many_versions() -> None:
    first = old(image("app:a-1"), image("app:b-1"))
    second = old(image("app:a-2"), image("app:b-2"))
    last = new(image("app:a-3"), image("app:b-3"), keep=2, before=(second, first))
    assert names(first, second, last) == [named(image("app:a-1")), named(image("app:b-1"))]


def test_of_a_repository_that_no_list_has_any_more_the_last_version_stays() -> None:
    assert names(old(image("gone:1")), old(image("gone:2")), new(image("app:1"))) == [
        named(image("gone:1"))
    ]


def test_what_others_need_stays() -> None:
    gone = image("app:1")
    assert names(old(gone), new(image("app:2")), others=Needs.of([new(gone)])) == []


def test_what_others_keep_as_an_older_version_stays_too() -> None:
    gone = image("app:1")
    others = Needs.of([old(gone), new(image("app:2"), keep=2, before=(old(gone),))])
    assert names(old(gone), new(image("app:3")), others=others) == []


def test_tags_that_are_needed_are_told() -> None:
    assert Needs.of([old(image("app:1")), new(image("app:2"))]).tags == {("p/quay.io/app", "2")}


def test_all_names_that_it_ever_had_are_known_and_the_record_that_had_it_last() -> None:
    first = image("app:1", "same", origin="quay.io/app:first")
    sets = (
        RecordedSet("r:1", (first,), in_force=False),
        RecordedSet("r:2", (image("app:2", "same"),), in_force=False),
        new(image("app:3")),
    )
    (found,) = candidates(*sets)
    assert (found.tags, found.record) == (frozenset({"1", "2"}), "r:2")
    assert found.images == (first, image("app:2", "same"))
