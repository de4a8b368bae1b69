"""Small trees to scan, and what a scan says about them in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_scan.scan import ScanReport, scan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cube_scan.findings import Finding, Kind


def planted(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """`files` written below `root`, which is returned."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def scanned(root: Path, files: Mapping[str, str | bytes]) -> ScanReport:
    """The report on a tree of these files."""
    return scan([planted(root, files)])


def images(report: ScanReport) -> dict[str, list[str]]:
    """Every reference found, in its short form, with its places as FILE:LINE."""
    return {
        reference.familiar: [str(finding.place) for finding in found]
        for reference, found in report.references.items()
    }


def texts(report: ScanReport, kind: Kind) -> list[str]:
    """The texts of one kind, in the order of their places."""
    return [finding.text for finding in report.of_kind(kind)]


def the_one(report: ScanReport, image: str) -> Finding:
    """The only finding of that reference."""
    found = [
        finding
        for reference, findings in report.references.items()
        for finding in findings
        if reference.familiar == image
    ]
    assert len(found) == 1, [str(finding.place) for finding in found]
    return found[0]
