from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.digest import Digest
from cube_bundle.report.content import Content, Item
from cube_bundle.report.treemap import SHAPES, Box, squarify, treemaps

AREA = Box(3, 5, 20, 10)
WEIGHTS = st.lists(st.integers(1, 10**11), min_size=1, max_size=60).map(
    lambda found: sorted(found, reverse=True)
)
SHARED, FIRST, SECOND, ALONE = (Digest.of(bytes([number])) for number in range(4))
ITEMS = (
    Item("quay.io/a/one:1", "quay.io/a/one:1", "left", {SHARED: 30, FIRST: 60}),
    Item("quay.io/a/two:1", "quay.io/a/two:1", "left", {SHARED: 30, SECOND: 10}),
    Item("quay.io/a/far:1", "quay.io/a/far:1", "right", {ALONE: 100}),
    Item("quay.io/a/nil:1", "quay.io/a/nil:1", "right", {}),
)
COLOURS = {"left": 1, "right": 2}


def area(box: Box) -> float:
    return box.width * box.height


@given(WEIGHTS)
def test_areas_are_to_each_other_as_the_weights(weights: list[int]) -> None:
    boxes = squarify(weights, AREA)

    share = area(AREA) / sum(weights)
    assert [area(box) for box in boxes] == pytest.approx([one * share for one in weights], abs=1e-6)


@given(WEIGHTS)
def test_no_box_leaves_the_area(weights: list[int]) -> None:
    for box in squarify(weights, AREA):
        assert box.left >= AREA.left - 1e-6
        assert box.top >= AREA.top - 1e-6
        assert box.left + box.width <= AREA.left + AREA.width + 1e-6
        assert box.top + box.height <= AREA.top + AREA.height + 1e-6


@given(WEIGHTS.filter(lambda found: len(found) < 20))
def test_boxes_do_not_overlap(weights: list[int]) -> None:
    boxes = squarify(weights, AREA)
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
            down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
            assert min(across, down) <= 1e-6


def test_equal_weights_become_boxes_that_are_almost_squares() -> None:
    for box in squarify([1] * 8, Box(0, 0, 4, 2)):
        assert (box.width, box.height) == pytest.approx((1, 1))


def test_nothing_needs_no_boxes() -> None:
    assert squarify([], AREA) == []


def test_each_byte_is_in_one_box_and_shared_ones_in_a_box_of_their_own() -> None:
    for map_ in treemaps(Content(ITEMS), COLOURS, {}):
        cells = {cell.label: cell.size for group in map_.groups for cell in group.cells}
        assert cells == {"one:1": 60, "two:1": 10, "shared layers": 30, "far:1": 100}


def test_what_components_share_is_beside_them() -> None:
    far = Item("quay.io/a/more:1", "quay.io/a/more:1", "right", {SHARED: 30})

    map_, *_ = treemaps(Content([*ITEMS, far]), COLOURS, {})

    assert {group.name: group.size for group in map_.groups} == {
        "right": 100,
        "left": 70,
        "shared between components": 30,
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_cells_are_as_large_as_their_bytes_across_components(shape: str) -> None:
    content = Content(ITEMS)
    (map_,) = (one for one in treemaps(content, COLOURS, {}) if one.shape == shape)

    for group in map_.groups:
        for cell in group.cells:
            assert area(group.box) * area(cell.box) == pytest.approx(cell.size / content.total)


def test_what_weighs_nothing_has_no_map() -> None:
    assert treemaps(Content([ITEMS[3]]), COLOURS, {}) == ()
