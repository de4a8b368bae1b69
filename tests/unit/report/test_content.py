from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_bundle.report.content import Content, Item, component_of, content_of_bundle
from tests.support.report_story import BASE, inspected

if TYPE_CHECKING:
    from pathlib import Path

BASE_DIGEST, ONE_DIGEST, TWO_DIGEST = (Digest.of(bytes([number])) for number in range(3))
ONE = Item("one", "one", "a", {BASE_DIGEST: 5, ONE_DIGEST: 7})
TWO = Item("two", "two", "b", {BASE_DIGEST: 5, TWO_DIGEST: 90})


def test_each_blob_counts_once() -> None:
    content = Content([ONE, TWO])

    assert (content.total, content.saved) == (102, 5)


def test_its_own_is_what_nothing_else_has() -> None:
    content = Content([ONE, TWO])

    assert [content.own([one]) for one in (ONE, TWO)] == [7, 90]
    assert content.own([ONE, TWO]) == 102


def test_the_component_that_alone_needs_most_comes_first() -> None:
    assert list(Content([ONE, TWO]).components()) == ["b", "a"]


def test_shared_blobs_name_their_users() -> None:
    (shared,) = Content([TWO, ONE]).shared()

    assert (shared.digest, shared.saved) == (BASE_DIGEST, 5)
    assert shared.users == (ONE, TWO)


def test_a_bundle_is_taken_as_it_is(tmp_path: Path) -> None:
    found = inspected(tmp_path, "quay.io/team/web:1", "quay.io/team/api:1")

    content = content_of_bundle(found)

    assert content.total == found.content_size
    assert content.saved == found.unshared - found.content_size
    own = {name: content.own([one]) for name, one in content.images.items()}
    assert own == {str(one.image.reference): one.own for one in found.images}
    assert {one.size for one in content.shared()} == {len(BASE.data)}


@pytest.mark.parametrize(
    ("image", "component", "shown"),
    [
        ("quay.io/team/web:1", "extra", "extra: team"),
        ("nginx:1", "extra", "extra"),
        ("quay.io/team/web:1", "front", "front"),
    ],
)
def test_images_that_no_list_files_are_told_apart_by_directory(
    image: str, component: str, shown: str
) -> None:
    assert component_of(Reference.parse(image), component) == shown
