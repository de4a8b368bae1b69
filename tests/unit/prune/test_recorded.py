"""Which records are in force, and which ones they took the place of."""

from __future__ import annotations

from dataclasses import replace

from cube_airgap.digest import Digest
from cube_install.prune.recorded import Brought, bundle_sets, sync_sets
from cube_push.record.record import Installed
from tests.unit.prune.test_candidates import image


def brought(bundle: str, *names: str, follows: tuple[str, ...] = (), lacking: int = 0) -> Brought:
    later = tuple(Digest.of(one.encode()) for one in follows)
    count = len(names) + lacking
    told = Installed(Digest.of(bundle.encode()), "2026-01-02T03:04:05Z", len(names), count, later)
    return Brought(bundle, told, tuple(image(name) for name in names))


def in_force(*read: Brought) -> list[str]:
    return [one.name for one in bundle_sets(read, {}) if one.in_force]


def test_a_record_is_superseded_by_one_that_follows_it() -> None:
    first, second = brought("a", "app:1", "web:1"), brought("b", "app:2", follows=("a",))
    assert in_force(first, second) == ["b"]


def test_a_record_is_superseded_by_one_of_the_same_bundle() -> None:
    assert in_force(brought("a", "app:1"), brought("a", "web:1")) == ["a"]


def test_a_record_is_superseded_by_one_with_all_of_its_repositories() -> None:
    assert in_force(brought("a", "app:1"), brought("b", "app:2", "web:2")) == ["b"]


def test_two_bundles_side_by_side_are_both_in_force() -> None:
    assert in_force(brought("a", "app:1", "web:1"), brought("b", "app:2")) == ["a", "b"]


def test_one_image_of_a_repository_does_not_stand_for_several() -> None:
    """Its tags may be of different images, as those of notebooks are."""
    assert in_force(brought("a", "app:x-1", "app:y-1"), brought("b", "app:x-2")) == ["a", "b"]


def test_a_push_that_brought_a_part_leaves_the_earlier_one_in_force() -> None:
    first = brought("a", "app:x-1", "app:y-1")
    second = brought("b", "app:x-2", follows=("a",), lacking=1)
    assert in_force(first, second) == ["a", "b"]
    assert in_force(first, second, brought("b", "app:x-2", "app:y-2", follows=("a",))) == ["b"]


def test_what_was_superseded_is_told_also_through_others_the_newest_first() -> None:
    read = (
        brought("a", "app:1"),
        brought("side", "web:1"),
        brought("b", "app:2", follows=("a",)),
        brought("c", "app:3", follows=("b",)),
    )
    *_, last = bundle_sets(read, {"c": {"quay.io/app": 3}})
    assert [one.name for one in last.before] == ["b", "a"]
    assert last.keep == {"quay.io/app": 3}


def test_of_each_sync_the_last_record_is_in_force() -> None:
    kept = replace(image("app:3"), keep=2)
    read = {
        "0001-aaaaaabbbbbb": (image("app:1"),),
        "0002-aaaaaacccccc": (image("web:1"),),
        "0003-aaaaaabbbbbb": (image("app:2"),),
        "0004-aaaaaabbbbbb": (kept,),
    }
    found = sync_sets("p/cube-airgap/sync", read)
    assert [one.in_force for one in found] == [False, True, False, True]
    assert [one.name[-17:] for one in found[-1].before] == [
        "0003-aaaaaabbbbbb",
        "0001-aaaaaabbbbbb",
    ]
    assert found[-1].keep == {"quay.io/app": 2}
