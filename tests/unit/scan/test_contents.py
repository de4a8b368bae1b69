"""Looking into files that are in memory: the same findings, with the places of parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.reference import Reference
from cube_scan.findings import Kind, Way
from cube_scan.scan import scan, scan_contents

if TYPE_CHECKING:
    from pathlib import Path

_DEPLOYMENT = b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: redis, namespace: infra}
spec:
  template:
    spec:
      containers:
        - name: redis
          image: redis:7.4
"""
_PARTS = b"""\
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  values: |-
    {
      "global": {
        "hub": "docker.io/istio",
        "proxy": {
          "image": "proxyv2"
        },
        "tag": "1.15.0"
      }
    }
"""
_CONTENTS = {
    "redis/deployment.yaml": _DEPLOYMENT,
    "istio/config.yaml": _PARTS,
    "backend/config.py": b'USER_IMAGE = "reg.example/cube/ubuntu:22.04"\n',
    "backend/logo.png": b"\x89PNG",
}


def test_finds_what_a_scan_of_the_same_files_on_disk_finds(tmp_path: Path) -> None:
    for name, content in _CONTENTS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    held, on_disk = scan_contents(_CONTENTS), scan([tmp_path])
    assert held.findings == on_disk.findings
    assert (held.files, held.skipped) == (3, {".png": 1})


def test_the_first_part_of_a_name_knows_what_follows_it() -> None:
    found = scan_contents(_CONTENTS).references[Reference.parse("istio/proxyv2:1.15.0")]
    assert {(one.text, one.place.line, one.rest) for one in found if one.way is Way.PARTS} == {
        ("docker.io/istio", 8, "/proxyv2"),
        ("proxyv2", 10, None),
        ("1.15.0", 12, None),
    }


def test_images_known_by_name_are_told_from_other_texts() -> None:
    contents = {"a.conf": b"use tool-box:v2 here\n", "b.yaml": b"text: team/box:v2\n"}
    listed = [Reference.parse("team/box:v2")]
    found = scan_contents(contents, listed=listed).of_kind(Kind.REFERENCE)
    assert [str(one.place) for one in found] == ["b.yaml:1"]


def test_a_large_file_in_memory_is_searched_line_by_line() -> None:
    lines = b"\n".join([b"key: value"] * 700_000) + b"\nimage: reg.example/a/b:1\n"
    report = scan_contents({"large.yaml": lines})
    assert [str(one.place) for one in report.findings] == ["large.yaml:700001"]
    assert "line by line" in report.problems[0].what
