"""The coverage gate: what is in use is carried, or allowed for a reason, or a hole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.catalogue import Allowance
from cube_bundle.assets.request import name_of
from cube_bundle.coverage.allow_list import AllowEntry, AllowList, Subject
from cube_bundle.coverage.homes import Homes, profile_of
from cube_scan.findings import Kind
from cube_scan.problem import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from cube_airgap.reference import Reference
    from cube_scan.findings import Finding
    from cube_scan.problem import Problem
    from cube_scan.scan import ScanReport


@dataclass(frozen=True)
class Carried:
    """What a bundle has: images, and addresses of files."""

    images: AbstractSet[Reference]
    urls: AbstractSet[str]


@dataclass(frozen=True)
class Need:
    """Something in use that the bundle does not carry.

    `names` are all its names, the plainest first; `where` tells people what asks for it, `way` how;
    `profile` is the list to take it with, if one has it.
    """

    subject: Subject
    names: tuple[str, ...]
    where: str
    way: str
    profile: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """Its name in full, as a catalogue has it."""
        return self.names[-1]


@dataclass(frozen=True)
class Coverage:
    """`allowed` has its reasons, those of `entries`; `holes` have none.

    `doubts` are what the scan warns of, such as a manifest that is applied from the network.
    """

    allowed: tuple[Allowance, ...] = ()
    holes: tuple[Need, ...] = ()
    entries: frozenset[AllowEntry] = frozenset()
    doubts: tuple[Problem, ...] = ()

    def idle(self, allow: AllowList) -> tuple[AllowEntry, ...]:
        """The user's entries of `allow` that allowed nothing."""
        return tuple(one for one in allow.entries if one.where and one not in self.entries)


def coverage_of(report: ScanReport, carried: Carried, homes: Homes, allow: AllowList) -> Coverage:
    """Judge everything in use that `report` found.

    Placeholders are not asked for as they stand, and services cannot be carried: neither counts.
    """
    allowed, holes, used = [], [], set()
    for need in _needs(report, carried, homes):
        entry = allow.find(need.subject, *need.names)
        if entry is None and need.profile:
            entry = allow.find(Subject.PROFILE, need.profile)
        if entry is None:
            holes.append(need)
        else:
            used.add(entry)
            allowed.append(Allowance(str(need.subject), need.text, entry.reason, need.where))
    doubts = (one for one in report.problems if one.severity is Severity.WARNING)
    return Coverage(tuple(allowed), tuple(holes), frozenset(used), tuple(doubts))


def _needs(report: ScanReport, carried: Carried, homes: Homes) -> Iterator[Need]:
    for reference, found in report.references.items():
        if reference not in carried.images and _used(found):
            home = homes.of_image(reference)
            profile = profile_of(home.profile if home else None, found)
            names = (reference.familiar, str(reference))
            yield _need(Subject.IMAGE, names, found, profile)
    for url, found in _by_text(report.of_kind(Kind.ASSET)).items():
        if url not in carried.urls:
            asset_home = homes.of_asset(url)
            profile = profile_of(asset_home[0] if asset_home else None, found)
            name = asset_home[1].name if asset_home else name_of(url)
            yield _need(Subject.ASSET, (name, url), found, profile)
    for kind in (Kind.INVALID, Kind.UNKNOWN):
        for text, found in _by_text(report.of_kind(kind)).items():
            yield _need(Subject.TEXT, (text,), found, "")
    yield from _unread(report)


def _unread(report: ScanReport) -> Iterator[Need]:
    """Files that could not be read as what they are: nobody knows what they ask for."""
    told: dict[str, Need] = {}
    for problem in report.problems:
        if problem.severity is Severity.ERROR:
            need = Need(Subject.FILE, (problem.file,), str(problem), "it could not be read")
            told.setdefault(problem.file, need)
    yield from told.values()


def _by_text(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.state.is_used:
            groups.setdefault(finding.text, []).append(finding)
    return dict(sorted(groups.items()))


def _need(subject: Subject, names: tuple[str, ...], found: list[Finding], profile: str) -> Need:
    first = first_used(found)
    meant = f"did you mean {first.suggestion}? " if first.suggestion else ""
    more = len(_used(found)) - 1
    return Need(
        subject=subject,
        names=names,
        where=f"{first.place}" + (f" and {more} more" if more else ""),
        way=f"{first.state}, {first.way}",
        profile=profile,
        note=meant + first.note,
    )


def first_used(found: Iterable[Finding]) -> Finding:
    """The first place in use."""
    return min(_used(found), key=lambda one: one.place)


def _used(found: Iterable[Finding]) -> list[Finding]:
    return [one for one in found if one.state.is_used]
