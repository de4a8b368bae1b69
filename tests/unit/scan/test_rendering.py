"""Kustomizations: image rules, generators, and what they refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_scan.findings import Kind, Way
from tests.support.scan_tree import images, scanned, texts

if TYPE_CHECKING:
    from pathlib import Path

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: acme/web
"""
_BASE = {"base/kustomization.yml": "resources: [web.yaml]\n", "base/web.yaml": _DEPLOYMENT}


def overlay(images_rule: str, resources: str = "../base") -> str:
    return f"kind: Kustomization\nresources: [{resources}]\nimages:\n{images_rule}"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("- {name: acme/web, newTag: '2'}", "acme/web:2"),
        ("- {name: acme/web, newName: quay.io/other/web, newTag: '2'}", "quay.io/other/web:2"),
        ("- {name: acme/web, newName: quay.io/other/web}", "quay.io/other/web:latest"),
        (
            f"- {{name: acme/web, digest: sha256:{'a' * 64}}}",
            f"acme/web@sha256:{'a' * 64}",
        ),
    ],
)
def test_an_image_is_what_the_rule_makes_of_it(tmp_path: Path, rule: str, expected: str) -> None:
    report = scanned(tmp_path, {**_BASE, "overlay/kustomization.yaml": overlay(rule)})

    assert images(report) == {expected: ["base/web.yaml:9", "overlay/kustomization.yaml:4"]}
    assert {finding.way for finding in report.findings} == {Way.KUSTOMIZE}


def test_two_overlays_of_one_base_both_count(tmp_path: Path) -> None:
    files = {
        **_BASE,
        "a/kustomization.yaml": overlay("- {name: acme/web, newTag: '1'}"),
        "b/kustomization.yaml": overlay("- {name: acme/web, newTag: '2'}"),
    }
    assert sorted(images(scanned(tmp_path, files))) == ["acme/web:1", "acme/web:2"]


def test_rules_of_a_base_come_before_those_of_its_overlay(tmp_path: Path) -> None:
    files = {
        **_BASE,
        "base/kustomization.yml": "resources: [web.yaml]\n"
        "images: [{name: acme/web, newName: x/y}]\n",
        "top/kustomization.yaml": overlay("- {name: x/y, newTag: '3'}"),
    }
    assert list(images(scanned(tmp_path, files))) == ["x/y:3"]


def test_a_rule_for_another_image_leaves_it_alone_and_is_told(tmp_path: Path) -> None:
    files = {**_BASE, "o/kustomization.yaml": overlay("- {name: acme/other, newTag: '2'}")}

    report = scanned(tmp_path, files)

    assert images(report) == {"acme/web:latest": ["base/web.yaml:9"]}
    assert texts(report, Kind.UNKNOWN) == ["acme/other:2"]


def test_generated_literals_and_inline_patches_are_read(tmp_path: Path) -> None:
    text = """\
resources: [web.yaml]
configMapGenerator:
- name: settings
  literals: [SIDE_IMAGE=acme/side:1, PORT=80]
patchesJson6902:
- target: {kind: Deployment, name: web}
  patch: |-
    - op: replace
      path: /spec/template/spec/containers/0/image
      value: acme/patched:1
"""
    report = scanned(tmp_path, {"kustomization.yaml": text, "web.yaml": _DEPLOYMENT})

    assert images(report)["acme/side:1"] == ["kustomization.yaml:4"]
    assert "kustomization.yaml:10" in images(report)["acme/patched:1"]


@pytest.mark.parametrize(
    ("resource", "what"),
    [
        ("https://example.com/base.yaml", "over the network"),
        ("github.com/acme/base?ref=v1", "over the network"),
        ("../../outside", "outside of what is scanned"),
    ],
)
def test_what_is_not_in_the_tree_is_an_error(tmp_path: Path, resource: str, what: str) -> None:
    report = scanned(tmp_path, {"o/kustomization.yaml": f"resources:\n- {resource}\n"})

    (problem,) = report.problems
    assert what in problem.what
    assert (problem.file, problem.line, problem.severity) == ("o/kustomization.yaml", 2, "error")


def test_what_is_missing_is_a_warning(tmp_path: Path) -> None:
    text = "resources: [gone.yaml]\nconfigMapGenerator: [{name: a, files: [key=gone.py]}]\n"

    report = scanned(tmp_path, {"kustomization.yaml": text})

    assert [(problem.line, problem.severity) for problem in report.problems] == [
        (1, "warning"),
        (2, "warning"),
    ]


def test_kustomizations_that_take_each_other_in_come_to_an_end(tmp_path: Path) -> None:
    files = {
        "a/kustomization.yaml": "resources: [../b]\n",
        "b/kustomization.yaml": "resources: [../a]\n",
    }
    assert scanned(tmp_path, files).findings == ()
