"""Judging what Harbor has of the candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_harbor.artifacts import Artifact
from cube_install.prune.candidates import Candidate, place_of
from cube_install.prune.mentions import Mentions
from cube_install.prune.pruning import Judged, judge
from tests.unit.prune.test_candidates import image

if TYPE_CHECKING:
    from cube_airgap.digest import Digest
    from cube_push.relocation_record import RelocatedImage

INDEX, CHILD = image("app:1", "index"), image("app:2", "child")


def judged(of: RelocatedImage, children: tuple[Digest, ...] = (), *parents: Digest) -> Judged:
    candidate = Candidate(place_of(of), (of,), "r:1")
    artifact = Artifact(of.digest, "", 1, (str(of.target.tag),), children)
    return Judged(candidate, artifact, parents)


FOUND = (judged(CHILD, (), INDEX.digest), judged(INDEX, (CHILD.digest,)))


def held(text: str) -> list[str]:
    mentions = Mentions(frozenset(word for one in FOUND for word in one.words))
    mentions.add("a file", text)
    return [one.held for one in judge(FOUND, mentions)]


def test_an_index_and_its_part_can_go_together() -> None:
    assert held("nothing") == ["", ""]


def test_a_part_of_an_index_that_stays_stays() -> None:
    assert held("quay.io/app:1") == [f"it is a part of {INDEX.digest}", "a file names it"]


def test_an_index_stays_whose_part_is_named_by_its_digest() -> None:
    """Deleted with the index, Harbor would keep no part without a tag."""
    assert held(f"quay.io/app@{CHILD.digest}") == ["a file names it", "a file names it"]


def test_a_part_of_a_part_of_an_index_that_stays_stays() -> None:
    """Judged from the smallest up, so that one look at each would be too few."""
    leaf = image("app:3", "leaf")
    chain = (judged(leaf, (), CHILD.digest), judged(CHILD, (leaf.digest,), INDEX.digest), FOUND[1])
    mentions = Mentions(frozenset(word for one in chain for word in one.words))
    mentions.add("a file", "quay.io/app:1")
    assert all(one.held for one in judge(chain, mentions))
