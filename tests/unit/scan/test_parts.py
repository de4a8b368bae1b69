"""References in parts: hub, image and tag; repository and tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_scan.findings import Kind, Way
from tests.support.scan_tree import images, scanned, texts

if TYPE_CHECKING:
    from pathlib import Path

_INJECTOR = """\
apiVersion: v1
kind: ConfigMap
data:
  values: |-
    {
      "global": {
        "hub": "docker.io/mesh",
        "proxy": {
          "image": "sidecar"
        },
        "tag": "1.2.3"
      }
    }
"""


def test_hub_image_and_tag_in_the_json_of_a_config_map_are_one_reference(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"mesh.yaml": _INJECTOR})

    assert images(report) == {"mesh/sidecar:1.2.3": ["mesh.yaml:7", "mesh.yaml:9", "mesh.yaml:11"]}
    assert {finding.way for finding in report.findings} == {Way.PARTS}


def test_what_holds_for_all_in_a_charts_values_holds_beside_it(tmp_path: Path) -> None:
    values = "global: {hub: docker.io/mesh, tag: 1.2.3}\npilot:\n  image: pilot\n"

    assert list(images(scanned(tmp_path, {"values.yaml": values}))) == ["mesh/pilot:1.2.3"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("{repository: acme/web, tag: '1.2'}", "acme/web:1.2"),
        ("{registry: quay.io, repository: acme/web, tag: '1.2'}", "quay.io/acme/web:1.2"),
        ("{repository: nvcr.io/acme, image: driver, version: '5'}", "nvcr.io/acme/driver:5"),
    ],
)
def test_chart_values_are_one_reference(tmp_path: Path, values: str, expected: str) -> None:
    report = scanned(tmp_path, {"values.yaml": f"image: {values}\n"})

    assert list(images(report)) == [expected]


def test_an_image_with_its_tag_beside_it_is_one_reference(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"values.yaml": "image: acme/store\nimageTag: 2.9.0\n"})

    assert list(images(report)) == ["acme/store:2.9.0"]


def test_a_repository_without_a_tag_cannot_be_told(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"values.yaml": "image: {repository: acme/web, tag: ''}\n"})

    assert not report.references
    assert "acme/web" in texts(report, Kind.UNKNOWN)


def test_a_reference_that_is_whole_is_left_alone(tmp_path: Path) -> None:
    text = "hub: quay.io/other\ntag: '9'\nproxy: {image: acme/web:1}\n"

    assert list(images(scanned(tmp_path, {"a.yaml": text}))) == ["acme/web:1"]
