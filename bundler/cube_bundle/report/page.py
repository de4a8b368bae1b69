"""What the page shows, as values that need no more thought: the template only lays them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cube_bundle.report.treemap import Treemap

COLOURS = 10
"""Components with a colour of their own; 0 is the colour of all others."""


@dataclass(frozen=True)
class Figure:
    """A number that the page begins with; `tone` is good, bad or nothing."""

    value: str
    label: str
    tone: str = ""


@dataclass(frozen=True)
class PlaceRow:
    """Where something stands (file:line), in which way, and what comes of it."""

    where: str
    field: str
    way: str
    state: str
    note: str = ""


@dataclass(frozen=True)
class ImageRow:
    """An image or a file; sizes in bytes, None where they are not known.

    `presence` says whether it is carried, and why not; `is_hole` if it should be and is not.
    """

    anchor: str
    name: str
    component: str
    colour: int
    why: str
    size: int | None = None
    own: int | None = None
    places: tuple[PlaceRow, ...] = ()
    presence: str = ""
    is_hole: bool = False


@dataclass(frozen=True)
class ImageTable:
    """Images under one heading."""

    anchor: str
    title: str
    intro: str
    rows: tuple[ImageRow, ...]

    @property
    def has_sizes(self) -> bool:
        """Whether the size of any is known."""
        return any(one.size is not None for one in self.rows)

    @property
    def has_places(self) -> bool:
        """Whether it is known of any where it stands."""
        return any(one.places for one in self.rows)


@dataclass(frozen=True)
class ComponentRow:
    """A component: `share` is the part of the longest bar, from 0 to 1."""

    name: str
    colour: int
    images: int
    share: float
    used: int | None = None
    size: int | None = None
    own: int | None = None


@dataclass(frozen=True)
class SharedRow:
    """A layer that several have."""

    digest: str
    size: int
    saved: int
    users: tuple[str, ...]


@dataclass(frozen=True)
class TextRow:
    """A text that is no image, and where it stands; `is_hole` if it should be carried."""

    text: str
    note: str
    places: tuple[PlaceRow, ...]
    is_hole: bool = False


@dataclass(frozen=True)
class TextTable:
    """Texts of one kind under one heading."""

    anchor: str
    title: str
    intro: str
    rows: tuple[TextRow, ...]


@dataclass(frozen=True)
class Entry:
    """A line of a list: names, which are shown as code, and a remark."""

    names: tuple[str, ...]
    remark: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class EntryList:
    """Lines under one heading."""

    anchor: str
    title: str
    intro: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Page:
    """The whole page; `sizes_note` says which sizes are not known, and why."""

    title: str
    subject: str
    figures: tuple[Figure, ...]
    facts: tuple[str, ...]
    sizes_note: str
    components: tuple[ComponentRow, ...]
    maps: tuple[Treemap, ...] = ()
    images: tuple[ImageTable, ...] = ()
    shared: tuple[SharedRow, ...] = ()
    texts: tuple[TextTable, ...] = ()
    lists: tuple[EntryList, ...] = ()

    @property
    def has_sizes(self) -> bool:
        """Whether sizes are known of anything."""
        return any(one.size is not None for one in self.components)
