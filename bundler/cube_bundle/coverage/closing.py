"""Closing the circle: from lists and a checkout to all requests of a bundle, and its coverage."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cube_airgap.catalogue import Allowance
from cube_airgap.errors import MissingError
from cube_airgap.stack import STACK_FILE, STACK_MEMBERS
from cube_bundle.assets.request import AssetRequest, merged_assets, name_of
from cube_bundle.coverage.allow_list import AllowList, Subject
from cube_bundle.coverage.gate import Carried, Coverage, coverage_of, first_used
from cube_bundle.coverage.homes import BOOTSTRAP, Home, Homes, component_of, profile_of
from cube_bundle.coverage.stack_report import stack_report
from cube_bundle.image_list import ImageList, default_lists, read_list, shipped_lists
from cube_bundle.image_request import ImageRequest, merged
from cube_bundle.seed_files import (
    SeedFiles,
    checkout_files,
    checkout_seeds,
    our_files,
    our_stack,
    recalled,
)
from cube_bundle.sources import ImageOrigin
from cube_scan.findings import Kind
from cube_scan.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from cube_airgap.platforms import Platform
    from cube_airgap.reference import Reference
    from cube_bundle.lock import Lock
    from cube_scan.findings import Finding
    from cube_scan.scan import ScanReport


@dataclass(frozen=True)
class Asked:
    """What a user asks for: images by `named`, whole `lists`, and all that `checkout` uses.

    With `is_limited`, the user chose the lists: what is at home on another one is not taken.
    `exclude` are shell patterns of files in the checkout that are not looked into. With
    `carries_stack` the checkout's stack travels along, or the project's own, and all that it uses.
    """

    named: tuple[ImageRequest, ...] = ()
    lists: tuple[ImageList, ...] = ()
    checkout: Path | None = None
    allow: AllowList = field(default_factory=AllowList)
    platforms: tuple[Platform, ...] = ()
    exclude: tuple[str, ...] = ()
    is_limited: bool = False
    carries_stack: bool = False


@dataclass(frozen=True)
class Closure:
    """All that a bundle is to hold, and how that covers what is in use."""

    images: tuple[ImageRequest, ...]
    assets: tuple[AssetRequest, ...]
    seeds: SeedFiles
    coverage: Coverage


def closure_of(asked: Asked) -> Closure:
    """Find all that is asked for; no registry is asked. Raises AirgapError."""
    homes = _homes(asked.lists)
    report, seeds = _looked_at(asked)
    images = [image.request for one in asked.lists for image in one.images]
    assets = [asset for one in asked.lists for asset in one.assets]
    if asked.checkout is not None and report is not None:
        found = _Found(asked, homes)
        images += found.images(report.references)
        assets += found.assets(report)
    requests = merged([*asked.named, *images])
    kept, skipped = _without_skipped(merged_assets(assets), asked.allow)
    coverage = Coverage()
    if report is not None:
        carried = Carried({one.origin.reference for one in requests}, {one.url for one in kept})
        coverage = coverage_of(report, carried, homes, asked.allow)
    return Closure(
        images=requests,
        assets=tuple(one for one in kept if one.is_for(asked.platforms)),
        seeds=seeds,
        coverage=_joined(coverage, skipped),
    )


def coverage_of_lock(lock: Lock, asked: Asked) -> tuple[SeedFiles, Coverage]:
    """The files that `lock` has, and how it covers the checkout, if one is given."""
    seeds = recalled(lock.files, asked.checkout)
    if asked.checkout is None:
        return seeds, Coverage()
    report = _report_of(asked.checkout, asked.exclude, seeds)
    known = {(one.kind, one.text) for one in lock.allowed}
    carried = Carried({one.reference for one in lock.images}, {one.url for one in lock.assets})
    found = coverage_of(report, carried, _homes(()), asked.allow)
    holes = tuple(one for one in found.holes if (one.subject, one.text) not in known)
    return seeds, replace(found, holes=holes)


def coverage_by(
    lists: Sequence[ImageList], images: AbstractSet[Reference], report: ScanReport, allow: AllowList
) -> Coverage:
    """How `images`, and the files of `lists`, cover what `report` found in use."""
    carried = Carried(images, {asset.url for one in lists for asset in one.assets})
    return coverage_of(report, carried, _homes(lists), allow)


def _homes(chosen: Sequence[ImageList]) -> Homes:
    shipped = [read_list(name) for name in shipped_lists()]
    # What only makes the cluster is at home there, though a list of extras may have it too.
    defaults = default_lists()
    shipped.sort(key=lambda one: (one.profile not in defaults, one.profile != BOOTSTRAP))
    return Homes.of([*chosen, *shipped])


def _looked_at(asked: Asked) -> tuple[ScanReport | None, SeedFiles]:
    """What is scanned, the checkout or our own files, and the files that travel along."""
    if asked.checkout is not None:
        take = checkout_files if asked.carries_stack else checkout_seeds
        seeds = take(asked.checkout)
        return _report_of(asked.checkout, asked.exclude, seeds), seeds
    seeds = SeedFiles()
    if asked.carries_stack or any(one.carries_templates for one in asked.lists):
        seeds = our_files()
    if asked.carries_stack:
        seeds = seeds.joined(our_stack())
    if not seeds.contents:
        return None, seeds
    return stack_report(seeds.contents, _listed()), seeds


def _report_of(checkout: Path, exclude: Sequence[str], seeds: SeedFiles) -> ScanReport:
    """What a checkout asks for, and the stack that is made of it."""
    stack = {name: one for name, one in seeds.contents.items() if name.startswith(STACK_MEMBERS)}
    if stack and (checkout / STACK_FILE).is_file():
        return stack_report(seeds.contents, _listed())
    report = _scanned(checkout, exclude)
    return report.joined(stack_report(stack, _listed())) if stack else report


def _scanned(path: Path, exclude: Sequence[str]) -> ScanReport:
    if not path.is_dir():
        raise MissingError(
            f"there is no directory {path}", remedy="give the directory of a checkout"
        )
    return scan([path], listed=_listed(), exclude=exclude)


def _listed() -> list[Reference]:
    return [one.origin.reference for name in shipped_lists() for one in read_list(name).images]


@dataclass(frozen=True)
class _Found:
    """What a scan adds to the lists."""

    asked: Asked
    homes: Homes

    def images(self, references: Mapping[Reference, list[Finding]]) -> Iterator[ImageRequest]:
        for reference, found in references.items():
            home = self.homes.of_image(reference)
            if not self._is_taken(home.profile if home else None, found):
                continue
            if self.asked.allow.find(Subject.IMAGE, reference.familiar, str(reference)):
                continue
            entry = home.entry if home else None
            yield entry.request if entry else _request(reference, found, home)

    def assets(self, report: ScanReport) -> Iterator[AssetRequest]:
        groups: dict[str, list[Finding]] = {}
        for one in report.of_kind(Kind.ASSET):
            groups.setdefault(one.text, []).append(one)
        for url, found in groups.items():
            home = self.homes.of_asset(url)
            if self._is_taken(home[0] if home else None, found):
                yield home[1] if home else _asset(url, found)

    def _is_taken(self, profile: str | None, found: Sequence[Finding]) -> bool:
        if not any(one.state.is_used for one in found):
            return False
        chosen = {one.profile for one in self.asked.lists}
        needed = profile_of(profile, found)
        if needed in chosen:
            return True
        return needed != BOOTSTRAP and not (needed and self.asked.is_limited)


def _request(reference: Reference, found: Sequence[Finding], home: Home | None) -> ImageRequest:
    first = first_used(found)
    return ImageRequest(
        origin=ImageOrigin.parse(str(reference), where=str(first.place)),
        component=home.component if home else component_of(first.place.file),
        why=f"{first.state}: {first.way} in {first.place}",
        where=str(first.place),
    )


def _asset(url: str, found: Sequence[Finding]) -> AssetRequest:
    first = first_used(found)
    return AssetRequest(
        name=name_of(url),
        url=url,
        component=component_of(first.place.file),
        why=f"{first.state}: {first.way} in {first.place}",
        where=str(first.place),
    )


def _without_skipped(
    assets: Sequence[AssetRequest], allow: AllowList
) -> tuple[list[AssetRequest], Coverage]:
    """The assets that are taken, and the others with the entries that allow to leave them out."""
    kept, skipped, entries = [], [], set()
    for one in assets:
        entry = allow.find(Subject.ASSET, one.name, one.url)
        if entry is None:
            kept.append(one)
        else:
            entries.add(entry)
            skipped.append(Allowance(str(Subject.ASSET), one.url, entry.reason, one.why))
    return kept, Coverage(tuple(skipped), entries=frozenset(entries))


def _joined(coverage: Coverage, skipped: Coverage) -> Coverage:
    """Skipped assets of lists count as allowed, whether a scan found them or not."""
    told = {(one.kind, one.text) for one in coverage.allowed}
    more = (one for one in skipped.allowed if (one.kind, one.text) not in told)
    return replace(
        coverage,
        allowed=(*coverage.allowed, *more),
        entries=coverage.entries | skipped.entries,
    )
