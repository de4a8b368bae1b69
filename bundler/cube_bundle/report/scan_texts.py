"""What a scan found besides images: mistakes, doubts, placeholders, downloads and services."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cube_bundle.report.page import TextRow, TextTable
from cube_bundle.report.scan_images import places_of
from cube_console.amounts import size_text
from cube_scan.findings import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cube_airgap.inspection import Inspection
    from cube_scan.findings import Finding
    from cube_scan.scan import ScanReport

_LONGEST = 300
_KINDS = (
    (
        Kind.INVALID,
        "mistakes",
        "Mistakes",
        "These stand where an image should, and no registry can serve them.",
    ),
    (
        Kind.UNKNOWN,
        "unknown",
        "Cannot tell",
        "Only partly known, or shaped like an image where nothing says that it is one.",
    ),
    (
        Kind.ASSET,
        "downloads",
        "Files fetched at run time",
        "Inside, they have to come from the bundle or from a mirror.",
    ),
    (
        Kind.ENDPOINT,
        "services",
        "Services asked at run time",
        "Inside, each needs one of its kind, or has to be switched off.",
    ),
    (
        Kind.PLACEHOLDER,
        "placeholders",
        "Placeholders",
        "Something else fills them in, so they ask for nothing by themselves.",
    ),
)


def text_tables(report: ScanReport, bundle: Inspection | None) -> Iterator[TextTable]:
    """A table for each kind of which there are any; with `bundle`, what became of each text."""
    for kind, anchor, title, intro in _KINDS:
        groups: dict[str, list[Finding]] = defaultdict(list)
        for finding in report.of_kind(kind):
            groups[finding.text].append(finding)
        row = _asset_row if kind is Kind.ASSET else _row
        rows = tuple(row(text, found, bundle) for text, found in sorted(groups.items()))
        if rows:
            yield TextTable(anchor, title, intro, rows)


def _row(text: str, found: Sequence[Finding], bundle: Inspection | None) -> TextRow:
    suggestion = next((one.suggestion for one in found if one.suggestion), "")
    meant = f"Did you mean {suggestion}?" if suggestion else ""
    return TextRow(_shortened(text), meant or _allowed(text, bundle), places_of(found))


def _asset_row(url: str, found: Sequence[Finding], bundle: Inspection | None) -> TextRow:
    if bundle is None:
        return _row(url, found, bundle)
    note = _carried(url, bundle) or _allowed(url, bundle)
    is_hole = not note and any(one.state.is_used for one in found)
    return TextRow(_shortened(url), note or "not in the bundle", places_of(found), is_hole)


def _carried(url: str, bundle: Inspection) -> str:
    """As what the bundle has the file, if it does."""
    found = (one for one in bundle.assets if one.url == url)
    told = (f"in the bundle as {one.name}, {size_text(one.size)}" for one in found)
    return next(told, "")


def _allowed(text: str, bundle: Inspection | None) -> str:
    """Why it was left out on purpose, if it was."""
    allowed = bundle.allowed if bundle else ()
    return next((f"left out on purpose: {one.reason}" for one in allowed if one.text == text), "")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
