"""Helm charts, with and without helm."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cube_scan.findings import Kind, Way
from tests.support.scan_tree import images, planted, scanned, texts

if TYPE_CHECKING:
    from pathlib import Path

_CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "image: {repository: acme/web, tag: '1'}\n",
    "web/templates/pod.yaml": "{{ if .Values.on }}\nkind: Pod\n"
    "image: {{ .Values.image.repository }}:{{ .Values.image.tag }}\n{{ end }}\n",
}
_HELM = """\
#!/bin/sh
test "$1" = template || exit 64
cat <<'END'
---
# Source: web/templates/pod.yaml
kind: Pod
spec:
  containers:
    - image: acme/web:1
    - image: acme/helper:2
END
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that alone is searched for programs."""
    directory = tmp_path / "programs"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def with_helm(programs: Path, script: str) -> None:
    path = planted(programs, {"helm": script}) / "helm"
    path.chmod(0o755)


def test_without_helm_a_chart_cannot_be_told_but_its_values_are_read(
    tmp_path: Path, programs: Path
) -> None:
    report = scanned(tmp_path / "tree", _CHART)

    assert images(report) == {"acme/web:1": ["web/values.yaml:1", "web/values.yaml:1"]}
    assert texts(report, Kind.UNKNOWN) == ["web"]
    assert "not installed" in report.of_kind(Kind.UNKNOWN)[0].note


def test_templates_of_a_chart_are_no_broken_yaml(tmp_path: Path, programs: Path) -> None:
    assert scanned(tmp_path / "tree", _CHART).problems == ()


def test_with_helm_the_rendered_chart_is_read(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_helm(programs, _HELM)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")

    report = scanned(tmp_path / "tree", _CHART)

    assert "acme/helper:2" in images(report)
    assert Way.HELM in {finding.way for finding in report.findings}
    assert not report.of_kind(Kind.UNKNOWN)


def test_what_helm_complains_about_is_told(tmp_path: Path, programs: Path) -> None:
    with_helm(programs, "#!/bin/sh\necho 'Error: no such value' >&2\nexit 1\n")

    (finding,) = scanned(tmp_path / "tree", _CHART).of_kind(Kind.UNKNOWN)

    assert finding.note == "helm cannot render it: Error: no such value"
    assert os.environ["PATH"] == str(programs)
