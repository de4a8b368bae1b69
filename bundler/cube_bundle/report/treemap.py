"""A treemap: boxes whose areas are to each other as bytes, component by component.

Each blob counts once: what several images share has a box of its own. The layout is the squarified
one of Bruls, Huizing and van Wijk (2000), which keeps boxes close to squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_console.amounts import count_text, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cube_bundle.report.content import Content, Item

_THINNEST = 1e-12


@dataclass(frozen=True)
class Box:
    """A rectangle in the units of what it lies in."""

    left: float
    top: float
    width: float
    height: float

    @property
    def style(self) -> str:
        """CSS that puts it there; made for boxes in a square of 1."""
        return (
            f"left:{self.left:.3%};top:{self.top:.3%};"
            f"width:{self.width:.3%};height:{self.height:.3%}"
        )


@dataclass(frozen=True)
class Cell:
    """An image, a file, or what several share; `target` is the anchor of its row, if it has one."""

    label: str
    size: int
    title: str
    target: str
    is_shared: bool
    box: Box = Box(0, 0, 1, 1)


@dataclass(frozen=True)
class Group:
    """A component; its cells' boxes are parts of its own."""

    name: str
    size: int
    colour: int
    cells: tuple[Cell, ...]
    box: Box = Box(0, 0, 1, 1)


@dataclass(frozen=True)
class Treemap:
    """Groups for a place of one shape, by the name that the style sheet knows it by."""

    shape: str
    groups: tuple[Group, ...]


SHAPES = {"wide": (2.0, 1.0), "tall": (2.0, 3.0)}
"""Width and height of the places in which the style sheet shows a treemap."""

_BETWEEN = "shared between components"


def treemaps(
    content: Content, colours: Mapping[str, int], anchors: Mapping[Item, str]
) -> tuple[Treemap, ...]:
    """One for each of SHAPES, or none of what weighs nothing.

    `colours` are by component, `anchors` by item.
    """
    groups = _groups(content, colours, anchors)
    return tuple(
        Treemap(shape, tuple(_placed(groups, *SHAPES[shape]))) for shape in SHAPES if groups
    )


def squarify(weights: Sequence[float], area: Box) -> list[Box]:
    """Boxes that fill `area`, one for each of `weights`: above zero, in falling order."""
    boxes: list[Box] = []
    unit = area.width * area.height / (sum(weights) or 1)
    parts = [weight * unit for weight in weights]
    rest = area
    while len(boxes) < len(parts):
        row = _row(parts[len(boxes) :], max(min(rest.width, rest.height), _THINNEST))
        placed, rest = _lay(row, rest)
        boxes += placed
    return boxes


def _row(parts: Sequence[float], length: float) -> Sequence[float]:
    """As many of `parts` as make the best proportions side by side along `length`."""
    count, best = 1, _worst(parts[:1], length)
    while count < len(parts):
        ratio = _worst(parts[: count + 1], length)
        if ratio > best:
            break
        count, best = count + 1, ratio
    return parts[:count]


def _worst(row: Sequence[float], length: float) -> float:
    """The proportions of the most stretched box."""
    square = (sum(row) / length) ** 2
    return max(max(row[0], _THINNEST) / square, square / max(row[-1], _THINNEST))


def _lay(row: Sequence[float], area: Box) -> tuple[list[Box], Box]:
    """The boxes of `row` along the shorter side of `area`, and what is left of it."""
    if area.width < area.height:
        turned, rest = _lay(row, _turned(area))
        return [_turned(box) for box in turned], _turned(rest)
    total = sum(row)
    width = min(total / max(area.height, _THINNEST), area.width)
    boxes, top = [], area.top
    for part in row:
        height = area.height * part / total
        boxes.append(Box(area.left, top, width, height))
        top += height
    rest = Box(area.left + width, area.top, area.width - width, area.height)
    return boxes, rest


def _turned(box: Box) -> Box:
    return Box(box.top, box.left, box.height, box.width)


def _placed(groups: Sequence[Group], width: float, height: float) -> Iterator[Group]:
    """`groups` and their cells with their boxes, as parts of what each lies in."""
    places = squarify([one.size for one in groups], Box(0, 0, width, height))
    for group, place in zip(groups, places, strict=True):
        inner = squarify([one.size for one in group.cells], Box(0, 0, place.width, place.height))
        cells = tuple(
            Cell(one.label, one.size, one.title, one.target, one.is_shared, _part(box, place))
            for one, box in zip(group.cells, inner, strict=True)
        )
        box = Box(
            place.left / width, place.top / height, place.width / width, place.height / height
        )
        yield Group(group.name, group.size, group.colour, cells, box)


def _part(box: Box, of: Box) -> Box:
    width, height = max(of.width, _THINNEST), max(of.height, _THINNEST)
    return Box(box.left / width, box.top / height, box.width / width, box.height / height)


def _groups(
    content: Content, colours: Mapping[str, int], anchors: Mapping[Item, str]
) -> list[Group]:
    """Components that weigh something, heaviest first, without boxes."""
    groups = []
    for name, items in content.components().items():
        cells = [*_own_cells(content, items, anchors), *_common_cell(content, name, items)]
        groups.append(_group(name, colours[name], cells))
    within = sum(one.size for one in groups)
    if content.total > within:
        title = f"{_BETWEEN}: {size_text(content.total - within)}, carried once"
        cell = Cell("shared layers", content.total - within, title, "shared", is_shared=True)
        groups.append(_group(_BETWEEN, 0, [cell]))
    return sorted((one for one in groups if one.size), key=lambda one: (-one.size, one.name))


def _group(name: str, colour: int, cells: Sequence[Cell]) -> Group:
    weighing = [one for one in cells if one.size]
    ordered = tuple(sorted(weighing, key=lambda one: (-one.size, one.label)))
    return Group(name, sum(one.size for one in ordered), colour, ordered)


def _own_cells(
    content: Content, items: Sequence[Item], anchors: Mapping[Item, str]
) -> Iterator[Cell]:
    for one in items:
        own = content.own([one])
        more = f" of {size_text(one.size)} in all" if own < one.size else ""
        title = f"{one.familiar}: {size_text(own)} of its own{more} ({one.component})"
        label = one.familiar.rpartition("/")[2].partition("@")[0]
        yield Cell(label, own, title, anchors.get(one, ""), is_shared=False)


def _common_cell(content: Content, name: str, items: Sequence[Item]) -> Iterator[Cell]:
    """What nothing outside of the component has, and more than one in it."""
    size = content.own(items) - sum(content.own([one]) for one in items)
    if size:
        told = f"{size_text(size)} shared by {count_text(len(items), 'image')} or fewer of {name}"
        yield Cell("shared layers", size, told, "shared", is_shared=True)
