"""A scan of the real manifests and init data of one version, held against all that it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cube_airgap.reference import Reference
from cube_scan.findings import Finding, Kind, State, Way
from cube_scan.problem import Severity
from cube_scan.scan import ScanReport, scan
from tests.support.documented import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARED = ROOT.parent / "shared"
_CHECKOUT = _SHARED / "data/cube-studio"
_TRUTH = _SHARED / "facts/cube-studio-images.yaml"

pytestmark = pytest.mark.skipif(
    not _CHECKOUT.is_dir(), reason="the platform's own manifests are not part of this project"
)

_PLACE = re.compile(r"(?P<file>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?")
_WAYS = {
    "container.image (no tag)": {Way.KUSTOMIZE},
    "container.image": {Way.CONTAINER},
    "initContainer.image": {Way.CONTAINER},
    "container.arg --": {Way.ARGUMENT},
    "container.arg pair": {Way.ARGUMENT_PAIR},
    "crd field": {Way.CRD_FIELD},
    "configmap istio-sidecar-injector embedded JSON": {Way.PARTS},
    "configmap istio-sidecar-injector embedded template": {Way.EMBEDDED},
    "init JSON field dockerfile": {Way.DOCKERFILE},
    "init JSON field name": {Way.VALUE},
    "init JSON job_template_args default": {Way.ARGUMENT_DEFAULT},
    "init JSON": {Way.FIELD},
    "plain text list": {Way.LINE},
}
_STATES = {
    "deployed": {State.APPLIED},
    "not-applied": {State.UNAPPLIED},
    "runtime-init-data": {State.RUNTIME},
    "cluster-bootstrap": {State.BOOTSTRAP},
    "optional (start-with-kubesphere.sh only)": {State.UNAPPLIED},
}


@dataclass(frozen=True)
class Expected:
    """One place of the truth whose file is here."""

    image: str
    file: str
    lines: range
    how: str
    state: str

    def is_met_by(self, finding: Finding) -> bool:
        """Whether the finding is of this image, with the version that the truth leaves out."""
        if finding.reference is None:
            return finding.text == self.image and finding.kind is not Kind.UNKNOWN
        wanted = Reference.parse(self.image)
        is_open = wanted.tag == "latest" and ":" not in self.image.rpartition("/")[2]
        return finding.reference == wanted or (
            is_open and self.how.startswith("crd field") and finding.reference.name == wanted.name
        )


@pytest.fixture(scope="module")
def report() -> ScanReport:
    return scan([_CHECKOUT])


def expected_places() -> Iterator[Expected]:
    if not _TRUTH.is_file():
        return
    truth: dict[str, Any] = yaml.safe_load(_TRUTH.read_text())
    for entries in truth["components"].values():
        for entry in entries:
            for where in entry["where"]:
                place = _PLACE.fullmatch(where)
                if place and (_CHECKOUT / place["file"]).is_file():
                    lines = range(int(place["first"]), int(place["last"] or place["first"]) + 1)
                    how = entry["how"][0]
                    yield Expected(entry["image"], place["file"], lines, how, entry["state"])


def at(report: ScanReport, place: Expected) -> list[Finding]:
    return [
        finding
        for finding in report.findings
        if finding.place.file == place.file
        and finding.place.line in place.lines
        and place.is_met_by(finding)
    ]


def test_every_image_is_found_in_its_line_by_its_way_and_state(report: ScanReport) -> None:
    places = list(expected_places())
    wrong = []
    for place in places:
        ways = next(ways for how, ways in _WAYS.items() if place.how.startswith(how))
        found = {finding.way for finding in at(report, place)}
        states = {finding.state for finding in at(report, place)}
        if not found & ways or states != _STATES[place.state]:
            wrong.append((place, found, states))

    assert len(places) == 206
    assert wrong == []


def test_nothing_in_use_is_found_that_the_truth_does_not_have(report: ScanReport) -> None:
    truth: dict[str, Any] = yaml.safe_load(_TRUTH.read_text())
    known = {
        str(Reference.parse(entry["image"]))
        for entries in truth["components"].values()
        for entry in entries
    }
    used = {
        str(reference)
        for reference, found in report.references.items()
        if any(finding.state.is_used for finding in found)
    }
    assert used - known == set()


def test_operators_bring_what_no_manifest_mentions(report: ScanReport) -> None:
    found = {
        finding.text
        for finding in report.findings
        if finding.way is Way.OPERATOR_DEFAULT and finding.state.is_used
    }
    assert found == {"alpine:3.10", "mpioperator/kubectl-delivery:latest"}


def test_mistakes_and_doubts_are_told_as_such(report: ScanReport) -> None:
    invalid = [(one.text, one.suggestion) for one in report.of_kind(Kind.INVALID)]
    doubtful = [one for one in report.of_kind(Kind.UNKNOWN) if one.state.is_used]

    assert invalid == [("python3.9", "python:3.9")]
    assert doubtful == []
    assert {"auto", "xx"} <= {one.text for one in report.of_kind(Kind.PLACEHOLDER)}


def test_the_files_that_a_run_fetches_are_told_from_links(report: ScanReport) -> None:
    assets = {one.text for one in report.of_kind(Kind.ASSET) if one.state is State.RUNTIME}
    endpoints = {one.text for one in report.of_kind(Kind.ENDPOINT) if one.state is State.RUNTIME}

    assert len(assets) == 11
    assert endpoints == {"https://hf-mirror.com", "https://mirrors.aliyun.com/pypi/simple"}


def test_everything_could_be_read(report: ScanReport) -> None:
    assert not [one for one in report.problems if one.severity is Severity.ERROR]
