"""Where use, lists and names come apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.reference import Reference
from cube_scan.drift import Drift, drift_of, flattened, own_list
from tests.support.scan_tree import scanned

if TYPE_CHECKING:
    from pathlib import Path


def drift(tmp_path: Path, used: list[str], listed: dict[str, str]) -> Drift:
    text = "\n".join(f"- image: {one}" for one in used)
    report = scanned(tmp_path, {"a.yaml": text})
    return drift_of(report, {Reference.parse(one): where for one, where in listed.items()})


def test_what_is_used_but_unlisted_is_told(tmp_path: Path) -> None:
    found = drift(tmp_path, ["acme/a:1", "docker.io/acme/b:1"], {"acme/b:1": "l.yaml:3"})

    assert [one.familiar for one in found.unlisted] == ["acme/a:1"]


def test_what_is_listed_but_unused_is_told_with_its_line(tmp_path: Path) -> None:
    found = drift(tmp_path, ["acme/a:1"], {"acme/a:1": "l:1", "acme/b:1": "l:2", "acme/c:1": ""})

    assert [(one.familiar, where) for one, where in found.unused] == [("acme/b:1", "l:2")]


def test_versions_and_moving_tags_are_told(tmp_path: Path) -> None:
    found = drift(tmp_path, ["acme/a:1", "acme/a:2", "acme/b", "acme/c:latest"], {})

    assert [[one.tag for one in group] for group in found.versions] == [["1", "2"]]
    assert [one.familiar for one in found.moving] == ["acme/b:latest", "acme/c:latest"]


def test_one_name_at_two_registries_is_told(tmp_path: Path) -> None:
    found = drift(tmp_path, ["nvcr.io/nvidia/plugin:2"], {"nvidia/plugin:1": "l:1"})

    assert [[one.host for one in group] for group in found.registries] == [["docker.io", "nvcr.io"]]


def test_names_that_flattening_confuses_are_told(tmp_path: Path) -> None:
    ours = "ccr.ccs.tencentyun.com/cube-studio/python:3.9"

    found = drift(tmp_path, [ours, "python:3.9", "a/b-c:1", "a/b/c:1", "a-b/c:1"], {})

    assert [name for name, _ in found.collisions] == ["a-b-c:1", "python:3.9"]
    assert len(found.collisions[0][1]) == 3


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("ccr.ccs.tencentyun.com/cube-studio/redis:7.4", "redis:7.4"),
        ("kubeflow/training-operator:v1", "kubeflow-training-operator:v1"),
        ("quay.io/a/b:1", "quay.io-a-b:1"),
    ],
)
def test_flattening_is_the_platforms(reference: str, name: str) -> None:
    assert flattened(Reference.parse(reference)) == name


def test_the_platforms_own_list_is_read(tmp_path: Path) -> None:
    files = {
        "install/kubernetes/start.sh": "true\n",
        "install/kubernetes/all_image.py": "all = ['acme/a:1', 'quay.io/acme/b:1']\n",
        "myapp/a.json": '{"image": "acme/a:2"}',
    }
    listed = own_list(scanned(tmp_path, files))

    assert {one.familiar: where for one, where in listed.items()} == {
        "acme/a:1": "install/kubernetes/all_image.py:1",
        "quay.io/acme/b:1": "install/kubernetes/all_image.py:1",
    }
