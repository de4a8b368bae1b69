"""Indexes with absent children, and what is made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.manifest import Manifest
from cube_push.narrowing import (
    ManifestTree,
    absent_children,
    narrowed,
    probing_index,
    read_tree,
)
from tests.support import image_factory as make

if TYPE_CHECKING:
    from tests.support.image_factory import ImageBlobs

AMD, ARM, S390 = (make.image(platform=f"linux/{name}") for name in ("amd64", "arm64", "s390x"))


def tree(one: ImageBlobs, *absent: ImageBlobs) -> ManifestTree:
    gone = {child.digest for child in absent}

    def read(digest: Digest) -> Manifest | None:
        if str(digest) in gone:
            return None
        return Manifest.parse(one.blobs[str(digest)], where="test")

    return read_tree(Digest.parse(one.digest), read)


def digests(found: ManifestTree) -> list[str]:
    return [str(manifest.digest) for manifest in found]


def test_children_come_before_their_index() -> None:
    index = make.index([AMD, make.index([ARM, S390])])
    order = digests(tree(index))
    assert order[-1] == index.digest
    assert order.index(ARM.digest) < len(order) - 2
    assert len(order) == 5


def test_a_child_that_is_listed_twice_is_there_once() -> None:
    index = make.index([AMD, AMD])
    assert digests(tree(index)) == [AMD.digest, index.digest]


def test_what_is_absent_is_told_with_its_platform() -> None:
    found = absent_children(tree(make.index([AMD, ARM]), ARM))
    assert [(str(one.digest), str(one.platform)) for one in found] == [(ARM.digest, "linux/arm64")]


def test_nothing_is_absent_from_a_whole_index() -> None:
    assert absent_children(tree(make.index([AMD, ARM]))) == ()


def test_one_child_that_is_left_takes_the_index_s_place() -> None:
    found = narrowed(tree(make.index([AMD, ARM, S390]), ARM, S390))
    assert found is not None
    assert digests(found) == [AMD.digest]


def test_several_children_that_are_left_get_an_index_of_their_own() -> None:
    found = narrowed(tree(make.index([AMD, ARM, S390]), ARM))
    assert found is not None
    body = json.loads(found.root.raw)
    assert [one["digest"] for one in body["manifests"]] == [AMD.digest, S390.digest]
    assert [one["platform"]["architecture"] for one in body["manifests"]] == ["amd64", "s390x"]
    assert found.root.media_type == make.OCI_INDEX
    assert digests(found)[:-1] == [AMD.digest, S390.digest]


def test_the_same_index_is_narrowed_to_the_same_bytes() -> None:
    found = {narrowed(tree(make.index([AMD, ARM, S390]), ARM)) for _ in range(2)}
    assert len({one.root.raw for one in found if one}) == 1


def test_dockers_lists_stay_dockers() -> None:
    found = narrowed(tree(make.index([AMD, ARM, S390], docker=True), ARM))
    assert found is not None
    assert found.root.media_type == make.DOCKER_LIST


def test_an_inner_index_is_narrowed_too() -> None:
    found = narrowed(tree(make.index([AMD, make.index([ARM, S390])]), ARM))
    assert found is not None
    assert digests(found)[:-1] == [AMD.digest, S390.digest]
    assert absent_children(found) == ()


def test_a_whole_index_is_not_changed() -> None:
    index = make.index([AMD, ARM])
    found = narrowed(tree(index))
    assert found is not None
    assert str(found.root.digest) == index.digest


def test_nothing_is_left_of_an_index_without_children() -> None:
    assert narrowed(tree(make.index([AMD]), AMD)) is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_question_names_what_is_absent_and_nothing_else(count: int) -> None:
    absent = absent_children(tree(make.index([AMD, ARM, S390]), *[AMD, ARM, S390][:count]))
    index = probing_index(absent)
    assert [child.digest for child in index.children] == [one.digest for one in absent]


def test_indexes_that_are_nested_beyond_reason_are_refused() -> None:
    deep = AMD
    for _ in range(1500):
        deep = make.index([deep])
    with pytest.raises(IntegrityError, match="nested more than 16 deep"):
        tree(deep)


def test_an_index_that_names_a_child_many_times_is_narrowed_at_once() -> None:
    many = make.index([AMD, ARM])
    for _ in range(8):
        many = make.index([many] * 20)
    found = narrowed(tree(many, ARM))
    assert found is not None
    assert found.below[0].digest == Digest.parse(AMD.digest)


@pytest.mark.parametrize("content", [{"manifests": None}, {"blobs": []}])
def test_an_index_that_lists_nothing_at_all_becomes_nothing(content: dict[str, object]) -> None:
    raw = json.dumps({"schemaVersion": 2, "mediaType": make.OCI_INDEX, **content}).encode()
    assert narrowed(ManifestTree(Manifest.parse(raw, where="test"))) is None
