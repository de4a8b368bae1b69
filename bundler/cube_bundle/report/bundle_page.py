"""The page of a bundle by itself: what it carries, how large, and what is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_bundle.report.content import content_of_bundle
from cube_bundle.report.page import Figure, ImageRow, ImageTable, Page
from cube_bundle.report.parts import (
    bundle_lists,
    colours_of,
    image_table,
    shared_rows,
    weighed_components,
)
from cube_bundle.report.treemap import treemaps
from cube_console.amounts import count_text, size_text
from cube_console.show_inspection import assumed_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_airgap.inspection import Inspection
    from cube_bundle.report.content import Content, Item


def page_of_bundle(inspection: Inspection, subject: str) -> Page:
    """`subject` is what people call the bundle, as the name of its file."""
    content = content_of_bundle(inspection)
    colours = colours_of(content.components())
    anchors = {one: f"image-{number}" for number, one in enumerate(content.items, 1)}
    return Page(
        title="What the bundle carries",
        subject=subject,
        figures=tuple(_figures(inspection, content)),
        facts=tuple(_facts(inspection)),
        sizes_note="",
        components=tuple(weighed_components(content, colours)),
        maps=treemaps(content, colours, anchors),
        images=tuple(_tables(inspection, content, colours, anchors)),
        shared=shared_rows(content),
        lists=tuple(bundle_lists(inspection)),
    )


def _figures(inspection: Inspection, content: Content) -> Iterator[Figure]:
    yield Figure(f"{len(inspection.images):,}", "images")
    if inspection.assets:
        yield Figure(f"{len(inspection.assets):,}", "files")
    yield Figure(size_text(content.total), "of content, layers compressed")
    yield Figure(size_text(content.saved), "saved by sharing layers")


def _facts(inspection: Inspection) -> Iterator[str]:
    yield f"Bundle {inspection.bundle}."
    blobs = count_text(len(inspection.blobs), "blob")
    file = f", {size_text(inspection.file_size)} on disk" if inspection.file_size else ""
    yield f"{blobs}{file}. This is the catalogue's word, which cube-bundle verify proves."
    yield from (f"{line[0].upper()}{line[1:]}." for line in assumed_lines(inspection.assumes))


def _tables(
    inspection: Inspection,
    content: Content,
    colours: Mapping[str, int],
    anchors: Mapping[Item, str],
) -> Iterator[ImageTable]:
    why = {str(one.image.reference): one.image.why for one in inspection.images}
    sources = {one.name: f"{one.why} (from {one.url})" for one in inspection.assets}
    rows = [
        ImageRow(
            anchor=anchors[one],
            name=one.familiar,
            component=one.component,
            colour=colours[one.component],
            why=why[one.name] if one.is_image else sources[one.name],
            size=one.size,
            own=content.own([one]),
        )
        for one in content.items
    ]
    images = [row for row, one in zip(rows, content.items, strict=True) if one.is_image]
    files = [row for row, one in zip(rows, content.items, strict=True) if not one.is_image]
    intro = "Its own is what no other image has: what leaving it out would save."
    yield from image_table("images", "Images", intro, images)
    yield from image_table("files", "Files", "Fetched once, and carried as they are.", files)
