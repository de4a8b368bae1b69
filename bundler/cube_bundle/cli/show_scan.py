"""A scan's report for people: what is used, what is doubtful, and where it drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_console.tables import table
from cube_scan.findings import Kind, State
from cube_scan.report import counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cube_scan.drift import Drift
    from cube_scan.findings import Finding
    from cube_scan.scan import ScanReport

_ORDER = list(State)


def scan_text(report: ScanReport, drift: Drift, *, every_place: bool) -> str:
    """The whole report, with one place of each image or all of them."""
    sections = [
        *_references(report, every_place=every_place),
        *_texts("Not a reference that a registry can serve", report.of_kind(Kind.INVALID)),
        *_texts("Cannot tell", report.of_kind(Kind.UNKNOWN)),
        *_texts("Placeholders", report.of_kind(Kind.PLACEHOLDER)),
        *_texts("Fetched at run time", report.of_kind(Kind.ASSET)),
        *_texts("Services asked at run time", report.of_kind(Kind.ENDPOINT)),
        *_problems(report),
        *_drift(drift),
        _summary(report, drift),
    ]
    return "\n\n".join(sections)


def _references(report: ScanReport, *, every_place: bool) -> Iterator[str]:
    rows = []
    for reference, found in report.references.items():
        ordered = sorted(found, key=lambda one: (_ORDER.index(one.state), one.place))
        for number, finding in enumerate(ordered if every_place else ordered[:1]):
            more = "" if every_place or len(found) == 1 else f" and {len(found) - 1} more"
            name = reference.familiar if number == 0 else ""
            rows.append((name, str(finding.state), str(finding.way), f"{finding.place}{more}"))
    if rows:
        yield _section("Images", table(("IMAGE", "STATE", "WAY", "WHERE"), rows))


def _texts(title: str, findings: Sequence[Finding]) -> Iterator[str]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.text, []).append(finding)
    rows = []
    for text, found in sorted(groups.items()):
        first = min(found, key=lambda one: (_ORDER.index(one.state), one.place))
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        meant = f"did you mean {first.suggestion}? " if first.suggestion else ""
        rows.append(
            (_shortened(text), str(first.state), f"{first.place}{more}", meant + first.note)
        )
    if rows:
        yield _section(title, table(("TEXT", "STATE", "WHERE", "NOTE"), rows))


def _problems(report: ScanReport) -> Iterator[str]:
    rows = [(str(one.severity), str(one), one.remedy) for one in report.problems]
    if rows:
        yield _section("Problems", table(("KIND", "WHAT", "WHAT TO DO"), rows))


def _drift(drift: Drift) -> Iterator[str]:
    """One section a way to drift, left out where there is nothing to tell."""
    yield from _listing("In use, but on no list", (one.familiar for one in drift.unlisted))
    unused = (f"{reference.familiar}  ({where})" for reference, where in drift.unused)
    yield from _listing("Listed, but not in use", unused)
    versions = (", ".join(one.familiar for one in group) for group in drift.versions)
    yield from _listing("In use in several versions", versions)
    yield from _listing("Without a fixed version", (one.familiar for one in drift.moving))
    hosts = (", ".join(str(one) for one in group) for group in drift.registries)
    yield from _listing("The same name at several registries", hosts)
    collisions = (
        f"{name}: {', '.join(one.familiar for one in group)}" for name, group in drift.collisions
    )
    yield from _listing("Distinct images that flattened names would confuse", collisions)


def _listing(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield _section(f"{title} ({len(shown)})", "\n".join(f"  {line}" for line in shown))


def _summary(report: ScanReport, drift: Drift) -> str:
    told = counts(report)
    used = sum(any(one.state.is_used for one in found) for found in report.references.values())
    sources = ", ".join(report.sources)
    by_what = f"applied by {sources}" if sources else "no recipe fits: every manifest is in use"
    skipped = sum(report.skipped.values())
    of_kind = "{references} images, {used} in use; {invalid} no reference, {unknown} not to be told"
    others = "{assets} files fetched at run time, {endpoints} services, {links} links for people"
    drifting = {
        "unlisted": drift.unlisted,
        "unused": drift.unused,
        "in several versions": drift.versions,
        "moving": drift.moving,
        "at several registries": drift.registries,
        "colliding": drift.collisions,
    }
    lines = [
        f"{report.files} files read, {skipped} of other kinds left out; {by_what}",
        (of_kind + ", {placeholders} placeholders").format(used=used, **told),
        (others + "; {errors} errors, {warnings} warnings").format(**told),
        "drift: " + ", ".join(f"{len(what)} {name}" for name, what in drifting.items()),
    ]
    return "\n".join(lines)


def _section(title: str, body: str) -> str:
    return f"{title}\n{body}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."
