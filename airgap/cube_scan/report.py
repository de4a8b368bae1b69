"""A scan's report as a document for machines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cube_scan.findings import Kind
from cube_scan.problem import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.reference import Reference
    from cube_scan.drift import Drift
    from cube_scan.findings import Finding
    from cube_scan.problem import Problem
    from cube_scan.scan import ScanReport

VERSION = 1


def report_document(report: ScanReport, drift: Drift) -> dict[str, Any]:
    """The report with `drift`, as JSON can hold it; the shape is in docs/scan.md."""
    return {
        "version": VERSION,
        "paths": list(report.paths),
        "recipes": list(report.sources),
        "files": report.files,
        "skipped": dict(sorted(report.skipped.items())),
        "counts": counts(report),
        "references": [_reference(one, found) for one, found in report.references.items()],
        "placeholders": _by_text(report.of_kind(Kind.PLACEHOLDER)),
        "invalid": _by_text(report.of_kind(Kind.INVALID)),
        "unknown": _by_text(report.of_kind(Kind.UNKNOWN)),
        "assets": _by_text(report.of_kind(Kind.ASSET)),
        "endpoints": _by_text(report.of_kind(Kind.ENDPOINT)),
        "links": _by_text(report.of_kind(Kind.LINK)),
        "problems": [_problem(problem) for problem in report.problems],
        "drift": _drift(drift),
    }


def counts(report: ScanReport) -> dict[str, int]:
    """How many distinct texts of each kind, and problems, there are."""
    distinct = Counter(
        kind for kind, _ in {(one.kind, str(one.reference or one.text)) for one in report.findings}
    )
    found = {_PLURALS[kind]: distinct[kind] for kind in Kind}
    errors = sum(1 for problem in report.problems if problem.severity is Severity.ERROR)
    return {**found, "errors": errors, "warnings": len(report.problems) - errors}


_PLURALS = {
    Kind.REFERENCE: "references",
    Kind.PLACEHOLDER: "placeholders",
    Kind.INVALID: "invalid",
    Kind.UNKNOWN: "unknown",
    Kind.ASSET: "assets",
    Kind.ENDPOINT: "endpoints",
    Kind.LINK: "links",
}


def _reference(reference: Reference, found: list[Finding]) -> dict[str, Any]:
    return {
        "reference": str(reference),
        "familiar": reference.familiar,
        "states": sorted({str(one.state) for one in found}),
        "used": any(one.state.is_used for one in found),
        "places": [_place(one) for one in found],
    }


def _by_text(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.text, []).append(finding)
    documents = []
    for text, found in sorted(groups.items()):
        document: dict[str, Any] = {"text": text}
        suggestion = next((one.suggestion for one in found if one.suggestion), "")
        if suggestion:
            document["suggestion"] = suggestion
        document["used"] = any(one.state.is_used for one in found)
        document["places"] = [_place(one) for one in found]
        documents.append(document)
    return documents


def _place(finding: Finding) -> dict[str, Any]:
    document = {
        "file": finding.place.file,
        "line": finding.place.line,
        "field": finding.place.field,
        "way": str(finding.way),
        "state": str(finding.state),
        "text": finding.text,
    }
    return {**document, "note": finding.note} if finding.note else document


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "severity": str(problem.severity),
        "what": problem.what,
        "remedy": problem.remedy,
    }


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "unlisted": [str(one) for one in drift.unlisted],
        "unused": [{"reference": str(one), "listed": where} for one, where in drift.unused],
        "versions": [[str(one) for one in group] for group in drift.versions],
        "moving": [str(one) for one in drift.moving],
        "registries": [[str(one) for one in group] for group in drift.registries],
        "collisions": [
            {"name": name, "references": [str(one) for one in group]}
            for name, group in drift.collisions
        ],
    }
