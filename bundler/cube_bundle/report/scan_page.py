"""The page of a scan: what is asked for and why, and, where sizes are known, what it weighs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cube_bundle.report.page import ComponentRow, Figure, Page
from cube_bundle.report.parts import bundle_lists, colours_of, shared_rows, weighed_components
from cube_bundle.report.scan_images import ScanImages
from cube_bundle.report.scan_lists import drift_lists, problem_lists
from cube_bundle.report.scan_texts import text_tables
from cube_bundle.report.treemap import treemaps
from cube_console.amounts import count_text, size_text
from cube_scan.findings import Kind
from cube_scan.report import counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_bundle.report.content import Content
    from cube_bundle.report.story import ScanStory

_NO_SIZES = (
    "No sizes are known: a scan reads files only. With --bundle FILE they are taken from a bundle, "
    "with --sizes registries are asked. Here, components are compared by the number of images."
)
_DOUBTS = {Kind.INVALID, Kind.UNKNOWN}


def page_of_scan(story: ScanStory) -> Page:
    """The page; the same story gives the same page."""
    content = story.content()
    by_count = _counted(story)
    colours = colours_of([*(content.components() if content else ()), *by_count])
    images = ScanImages(story, content, colours)
    return Page(
        title="What the platform can ask for",
        subject=", ".join(story.report.paths),
        figures=tuple(_figures(story, content, images)),
        facts=tuple(_facts(story)),
        sizes_note=_sizes_note(story),
        components=tuple(
            weighed_components(content, colours) if content else _rows(by_count, colours)
        ),
        maps=treemaps(content, colours, images.anchors) if content else (),
        images=tuple(images.tables()),
        shared=shared_rows(content) if content else (),
        texts=tuple(text_tables(story.report, story.bundle)),
        lists=(
            *problem_lists(story.report),
            *drift_lists(story.drift),
            *(bundle_lists(story.bundle) if story.bundle else ()),
        ),
    )


def _counted(story: ScanStory) -> dict[str, tuple[int, int]]:
    """By component, how many images are in use and how many are named, most in use first."""
    used: Counter[str] = Counter()
    named: Counter[str] = Counter()
    for reference, found in story.report.references.items():
        component = story.component(reference)
        named[component] += 1
        used[component] += any(one.state.is_used for one in found)
    ordered = sorted(named, key=lambda name: (-used[name], -named[name], name))
    return {name: (used[name], named[name]) for name in ordered}


def _rows(
    by_count: Mapping[str, tuple[int, int]], colours: Mapping[str, int]
) -> Iterator[ComponentRow]:
    longest = max((used for used, _ in by_count.values()), default=0) or 1
    for name, (used, named) in by_count.items():
        yield ComponentRow(name, colours[name], named, used / longest, used=used)


def _figures(story: ScanStory, content: Content | None, images: ScanImages) -> Iterator[Figure]:
    report = story.report
    yield Figure(f"{len(images.used):,}", f"images in use, of {len(report.references):,} named")
    if content:
        what = "in the bundle" if story.bundle else "of images in use"
        yield Figure(size_text(content.total), f"{what}, layers compressed")
        yield Figure(size_text(content.saved), "saved by sharing layers")
    if story.bundle:
        lacking = len(images.lacking)
        yield Figure(f"{lacking:,}", "in use, not in the bundle", _tone(lacking))
    unlisted = len(story.drift.unlisted)
    yield Figure(f"{unlisted:,}", "in use, on no list", _tone(unlisted))
    doubtful = len(
        {one.text for one in report.findings if one.kind in _DOUBTS and one.state.is_used}
    )
    yield Figure(f"{doubtful:,}", "in use, and no certain reference", _tone(doubtful))
    errors = counts(report)["errors"]
    yield Figure(f"{errors:,}", "places that could not be read", _tone(errors))


def _tone(count: int) -> str:
    return "bad" if count else "good"


def _facts(story: ScanStory) -> Iterator[str]:
    report, told = story.report, counts(story.report)
    files = count_text(report.files, "file")
    sources = ", ".join(report.sources)
    by_what = (
        f"what is applied is told by {sources}" if sources else "no recipe fits: all is in use"
    )
    yield f"{files} read, {sum(report.skipped.values()):,} of other kinds left out; {by_what}."
    addresses = "{assets} files fetched at run time, {endpoints} services asked, {links} links"
    yield (addresses + " for people, {placeholders} placeholders.").format(**told)
    if story.bundle:
        yield f"Sizes are those of bundle {story.bundle.bundle}."
    if story.sizes:
        yield "Sizes are what the registries said of the images in use."


def _sizes_note(story: ScanStory) -> str:
    if story.sizes and story.sizes.unknown:
        count = count_text(len(story.sizes.unknown), "image")
        return f"The size of {count} could not be asked for: see their rows. They count as nothing."
    return "" if story.sizes or story.bundle else _NO_SIZES
