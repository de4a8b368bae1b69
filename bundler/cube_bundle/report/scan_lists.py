"""The lists of a scan's page: problems met, and each way in which use, lists and names drift."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cube_bundle.report.page import Entry
from cube_bundle.report.parts import entry_list
from cube_scan.problem import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cube_airgap.reference import Reference
    from cube_bundle.report.page import EntryList
    from cube_scan.drift import Drift
    from cube_scan.problem import Problem
    from cube_scan.scan import ScanReport


def problem_lists(report: ScanReport) -> Iterator[EntryList]:
    """What could not be read as what it is, errors first."""
    ordered = sorted(report.problems, key=lambda one: (one.severity != Severity.ERROR, one))
    yield from entry_list(
        "problems",
        "Problems",
        "What was met in the files; everything else was read.",
        (_problem(one) for one in ordered),
    )


def drift_lists(drift: Drift) -> Iterator[EntryList]:
    """A list for each way to drift in which there is any; what breaks a site first."""
    yield from entry_list(
        "unlisted",
        "In use, but on no list",
        "Nobody would carry them: add each to an image list, with why it is needed.",
        (Entry((one.familiar,), is_bad=True) for one in drift.unlisted),
    )
    yield from entry_list(
        "collisions",
        "Distinct images that flattened names would confuse",
        "The platform's own scripts would give them one name.",
        (
            Entry(_familiar(group), f"all become {name}", is_bad=True)
            for name, group in drift.collisions
        ),
    )
    yield from _loose_lists(drift)


def _loose_lists(drift: Drift) -> Iterator[EntryList]:
    yield from entry_list(
        "moving",
        "Without a fixed version",
        "Their tag can stand for something else tomorrow; a lock pins it.",
        (Entry((one.familiar,)) for one in drift.moving),
    )
    yield from entry_list(
        "versions",
        "In use in several versions",
        "Each version is carried: fewer would be less.",
        (Entry(_familiar(group)) for group in drift.versions),
    )
    yield from entry_list(
        "registries",
        "The same name at several registries",
        "Whole names keep them apart; short ones would not.",
        (Entry(tuple(str(one) for one in group)) for group in drift.registries),
    )
    yield from entry_list(
        "unused",
        "Listed, but not in use",
        "Nothing in what was scanned asks for them.",
        (Entry((one.familiar,), _listed_at(where)) for one, where in drift.unused),
    )


def _problem(one: Problem) -> Entry:
    told = f"{one.severity}: {one.what}; {one.remedy}"
    return Entry((_where(one),), told, is_bad=one.severity is Severity.ERROR)


def _familiar(group: Iterable[Reference]) -> tuple[str, ...]:
    return tuple(one.familiar for one in group)


def _where(problem: Problem) -> str:
    return f"{problem.file}:{problem.line}" if problem.line else problem.file


def _listed_at(where: str) -> str:
    """FILE:LINE; without the directories of this machine."""
    path = Path(where)
    return path.name if path.is_absolute() else where
