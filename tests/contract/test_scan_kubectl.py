"""What a real kubectl renders, where a kustomization does more than we read ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_scan.findings import State
from cube_scan.problem import Severity
from tests.support.scan_tree import images, scanned

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: acme/web:1
        - name: side
          image: acme/side:1
"""
_PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: acme/patched:2
"""
_FILES = {
    "o/kustomization.yaml": "resources: [web.yaml]\npatchesStrategicMerge: [patch.yaml]\n",
    "o/web.yaml": _DEPLOYMENT,
    "o/patch.yaml": _PATCH,
}


def test_an_image_that_a_patch_replaces_is_not_in_use(tmp_path: Path) -> None:
    report = scanned(tmp_path, _FILES)

    used = {
        reference.familiar
        for reference, found in report.references.items()
        if any(finding.state.is_used for finding in found)
    }
    assert used == {"acme/patched:2", "acme/side:1"}
    (replaced,) = (one for one in report.findings if one.text == "acme/web:1")
    assert (replaced.state, replaced.place.line) == (State.UNAPPLIED, 11)
    assert "puts another image in its place" in replaced.note


def test_without_kubectl_both_count_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    report = scanned(tmp_path, _FILES)

    assert sorted(images(report)) == ["acme/patched:2", "acme/side:1", "acme/web:1"]
    (problem,) = report.problems
    assert "uses patchesStrategicMerge" in problem.what
    assert problem.severity is Severity.WARNING


def test_nothing_is_rendered_that_refers_to_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "called"
    kubectl = tmp_path / "programs/kubectl"
    kubectl.parent.mkdir()
    kubectl.write_text(f"#!/bin/sh\n: > {marker}\n")
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", str(kubectl.parent))
    text = "resources: [https://example.com/x]\npatchesStrategicMerge: [patch.yaml]\n"

    scanned(tmp_path / "tree", {**_FILES, "o/kustomization.yaml": text})

    assert not marker.exists()
