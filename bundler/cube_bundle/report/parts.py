"""The parts that every page has that knows sizes: components, what is shared, what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_bundle.report.page import (
    COLOURS,
    ComponentRow,
    Entry,
    EntryList,
    ImageRow,
    ImageTable,
    SharedRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cube_airgap.inspection import Inspection
    from cube_bundle.report.content import Content


def colours_of(components: Iterable[str]) -> dict[str, int]:
    """The colour of each component; the first have one of their own."""
    return {
        name: number if number <= COLOURS else 0
        for number, name in enumerate(dict.fromkeys(components), 1)
    }


def weighed_components(content: Content, colours: Mapping[str, int]) -> list[ComponentRow]:
    """A row a component, the heaviest first."""
    components = content.components()
    own = {name: content.own(items) for name, items in components.items()}
    longest = max(own.values(), default=0) or 1
    return [
        ComponentRow(
            name=name,
            colour=colours[name],
            images=len(items),
            share=own[name] / longest,
            size=content.size(items),
            own=own[name],
        )
        for name, items in components.items()
    ]


def shared_rows(content: Content) -> tuple[SharedRow, ...]:
    """What several have, first what saves most."""
    return tuple(
        SharedRow(str(one.digest), one.size, one.saved, tuple(user.familiar for user in one.users))
        for one in content.shared()
    )


def image_table(
    anchor: str, title: str, intro: str, rows: Sequence[ImageRow]
) -> Iterator[ImageTable]:
    """The table; none without rows."""
    if rows:
        yield ImageTable(anchor, title, intro, tuple(rows))


def entry_list(
    anchor: str, title: str, intro: str, entries: Iterable[Entry]
) -> Iterator[EntryList]:
    """The list; none without entries."""
    shown = tuple(entries)
    if shown:
        yield EntryList(anchor, title, intro, shown)


def bundle_lists(inspection: Inspection) -> Iterator[EntryList]:
    """What a bundle has besides images, and what it lacks on purpose."""
    yield from entry_list(
        "left-out",
        "Left out on purpose",
        "Asked for and not carried, with the reason that someone gave.",
        (
            Entry((one.text,), f"{one.kind}: {one.reason}{f' ({one.where})' if one.where else ''}")
            for one in inspection.allowed
        ),
    )
    yield from entry_list(
        "templates",
        "Job templates",
        "Their definitions travel with the bundle.",
        (Entry((name,)) for name in inspection.templates),
    )
