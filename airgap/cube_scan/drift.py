"""Where what is used, what is listed, and what names can carry come apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from cube_airgap.reference import Reference
from cube_scan.findings import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from cube_scan.findings import Finding
    from cube_scan.scan import ScanReport

# References by where they are listed; empty for those that need not be in use.
Listed: TypeAlias = dict[Reference, str]

_FLATTENED_PREFIX = "ccr.ccs.tencentyun.com/cube-studio/"


@dataclass(frozen=True)
class Drift:
    """The differences of one scan; all in the order of the references.

    `unlisted`: used but on no list. `unused`: listed but used nowhere, with where it is listed.
    `versions`: repositories in more than one tag. `moving`: without a tag, or `latest`.
    `registries`: one repository path at several hosts. `collisions`: distinct images that become
    one name when the platform's own scripts flatten them.
    """

    unlisted: tuple[Reference, ...]
    unused: tuple[tuple[Reference, str], ...]
    versions: tuple[tuple[Reference, ...], ...]
    moving: tuple[Reference, ...]
    registries: tuple[tuple[Reference, ...], ...]
    collisions: tuple[tuple[str, tuple[Reference, ...]], ...]


def drift_of(report: ScanReport, listed: Listed) -> Drift:
    """Compare what `report` found in use with `listed`, references by where they are listed."""
    used = used_references(report.findings)
    every = sorted({*used, *listed}, key=str)
    return Drift(
        unlisted=tuple(reference for reference in used if reference not in listed),
        unused=tuple((one, listed[one]) for one in every if listed.get(one) and one not in used),
        versions=tuple(_several(used, lambda one: one.name)),
        moving=tuple(one for one in used if one.tag == "latest" and one.digest is None),
        registries=tuple(_by_path(every)),
        collisions=tuple(_collisions(every)),
    )


def used_references(findings: Iterable[Finding]) -> list[Reference]:
    """The references that a site can come to ask for, in order."""
    found = {one.reference for one in findings if one.reference and one.state.is_used}
    return sorted(found, key=str)


def own_list(report: ScanReport) -> Listed:
    """The platform's own hand-kept list: what its listing files name, by the first place."""
    listed: Listed = {}
    for finding in report.findings:
        if finding.reference is not None and finding.state is State.LISTED:
            listed.setdefault(finding.reference, str(finding.place))
    return listed


def flattened(reference: Reference) -> str:
    """The name that the platform's scripts give an image in a private registry."""
    return reference.familiar.replace(_FLATTENED_PREFIX, "").replace("/", "-")


def _several(
    references: Collection[Reference], key: Callable[[Reference], str]
) -> list[tuple[Reference, ...]]:
    groups: dict[str, list[Reference]] = defaultdict(list)
    for reference in references:
        groups[key(reference)].append(reference)
    return [tuple(group) for _, group in sorted(groups.items()) if len(group) > 1]


def _by_path(references: Collection[Reference]) -> list[tuple[Reference, ...]]:
    groups = _several(references, lambda one: one.repository.removeprefix("library/"))
    return [group for group in groups if len({one.host for one in group}) > 1]


def _collisions(references: Collection[Reference]) -> list[tuple[str, tuple[Reference, ...]]]:
    return [(flattened(group[0]), group) for group in _several(references, flattened)]
