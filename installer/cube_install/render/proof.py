"""The proof: nothing in a rendered stack asks for what is outside the site's registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_scan.findings import Kind, Way
from cube_scan.problem import Severity
from cube_scan.scan import scan_contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_airgap.reference import Reference
    from cube_install.render.places import Places
    from cube_install.render.source import StackSource
    from cube_scan.findings import Finding
    from cube_scan.problem import Problem

_OWN_REMEDY = {
    Way.OPERATOR_DEFAULT: "set the operator's flag for it to an image of the bundle",
    Way.PYTHON: "write the reference as one text, or set it in the stack's settings",
    Way.PARTS: "add a relocation rule that keeps the end of the name, or write it as one text",
}


def check_proof(
    contents: Mapping[str, bytes], source: StackSource, places: Places
) -> Iterator[UsageError]:
    """All places of `contents` that ask for something else than `places` has.

    What `source` lacks on purpose is allowed.
    """
    proof = _Proof(source, places)
    report = scan_contents(contents, listed=places.known)
    for finding in report.findings:
        if finding.state.is_used:
            yield from proof.of(finding)
    for problem in report.problems:
        if problem.severity is Severity.ERROR and ("file", problem.file) not in proof.allowed:
            yield _unreadable(problem)


def _unreadable(problem: Problem) -> UsageError:
    return UsageError(f"{problem.file}:{problem.line}: {problem.what}", remedy=problem.remedy)


class _Proof:
    def __init__(self, source: StackSource, places: Places) -> None:
        self._targets = places.targets
        self._inside = frozenset(places.targets.values())
        self._hosts = {one.host for one in self._inside}
        self._assets = frozenset(one.url for one in source.assets)
        self._addresses = frozenset(places.addresses.values())
        self.allowed = {(one.kind, one.text) for one in source.allowed}

    def of(self, finding: Finding) -> Iterator[UsageError]:
        if finding.kind is Kind.REFERENCE and finding.reference is not None:
            if finding.reference not in self._inside and not self._is_allowed(
                "image", str(finding.reference)
            ):
                yield self._outside(finding, finding.reference)
        elif finding.kind is Kind.ASSET:
            is_inside = finding.text in self._addresses
            if not is_inside and not self._is_allowed("asset", finding.text):
                yield self._download(finding)
        elif finding.kind in {Kind.INVALID, Kind.UNKNOWN}:
            host = finding.text.partition("/")[0]
            if host not in self._hosts and not self._is_allowed("text", finding.text):
                yield _told(
                    finding,
                    f"{finding.text[:200]!r} may be an image: {finding.note}",
                    "correct it, or allow it with --allow when the bundle is built",
                )

    def _is_allowed(self, kind: str, text: str) -> bool:
        return (kind, text) in self.allowed

    def _outside(self, finding: Finding, reference: Reference) -> UsageError:
        if reference in self._targets:
            remedy = _OWN_REMEDY.get(finding.way, "write it in one piece, in one line")
            return _told(finding, f"{reference.familiar} could not be rewritten", remedy)
        where = "the bundle's images" if reference.host in self._hosts else "the bundle"
        remedy = (
            _OWN_REMEDY[Way.OPERATOR_DEFAULT]
            if finding.way is Way.OPERATOR_DEFAULT
            else ("add it to an image list, or correct the reference, and build the bundle again")
        )
        return _told(finding, f"{reference.familiar} is not in {where}", remedy)

    def _download(self, finding: Finding) -> UsageError:
        if finding.text in self._assets:
            remedy = "say in stack.yaml where the cluster finds the bundle's assets"
            return _told(finding, f"{finding.text} could not be rewritten", remedy)
        remedy = "add it to the assets of an image list, or allow it, and build the bundle again"
        return _told(finding, f"{finding.text} is downloaded, and not in the bundle", remedy)


def _told(finding: Finding, what: str, remedy: str) -> UsageError:
    return UsageError(f"{finding.place}: {what} ({finding.way})", remedy=remedy)
