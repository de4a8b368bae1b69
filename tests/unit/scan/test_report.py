"""The report for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cube_scan.drift import drift_of
from cube_scan.report import report_document
from tests.support.scan_tree import scanned

if TYPE_CHECKING:
    from pathlib import Path

_FILES = {
    "a.yaml": "containers:\n- image: nginx\n- image: auto\n- image: python3.9\nx: acme/x:1\n",
    "b.json": '{"model_path": "https://files.acme.io/m.zip", "help_url": "https://acme.io"}',
    "bad.json": "{",
}


def test_it_holds_every_kind_with_its_places(tmp_path: Path) -> None:
    report = scanned(tmp_path, _FILES)

    document = report_document(report, drift_of(report, {}))

    assert json.loads(json.dumps(document)) == document
    assert document["references"] == [
        {
            "reference": "docker.io/library/nginx:latest",
            "familiar": "nginx:latest",
            "states": ["unplaced"],
            "used": True,
            "places": [
                {
                    "file": "a.yaml",
                    "line": 2,
                    "field": "containers[0].image",
                    "way": "field named for an image",
                    "state": "unplaced",
                    "text": "nginx",
                }
            ],
        }
    ]
    assert [one["text"] for one in document["placeholders"]] == ["auto"]
    assert [(one["text"], one["suggestion"]) for one in document["invalid"]] == [
        ("python3.9", "python:3.9")
    ]
    assert [one["text"] for one in document["unknown"]] == ["acme/x:1"]
    assert [one["text"] for one in document["assets"]] == ["https://files.acme.io/m.zip"]
    assert [one["text"] for one in document["links"]] == ["https://acme.io"]
    assert [(one["file"], one["line"]) for one in document["problems"]] == [("bad.json", 1)]


def test_it_holds_counts_and_drift(tmp_path: Path) -> None:
    report = scanned(tmp_path, _FILES)

    document = report_document(report, drift_of(report, {}))

    assert document["counts"]["references"] == 1
    assert document["counts"]["errors"] == 1
    assert document["drift"]["unlisted"] == ["docker.io/library/nginx:latest"]
    assert document["drift"]["moving"] == ["docker.io/library/nginx:latest"]


def test_the_same_tree_gives_the_same_document(tmp_path: Path) -> None:
    documents = []
    for _ in range(2):
        report = scanned(tmp_path, _FILES)
        documents.append(report_document(report, drift_of(report, {})))

    assert documents[0] == documents[1]
