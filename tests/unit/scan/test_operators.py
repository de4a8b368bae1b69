"""Images that operators ask for without being told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.reference import Reference
from cube_scan.findings import Way
from cube_scan.operators import defaults_of
from tests.support.scan_tree import images, scanned, the_one

if TYPE_CHECKING:
    from pathlib import Path

_OPERATOR = """\
apiVersion: v1
kind: Pod
spec:
  containers:
    - image: registry.example.com/mirror/kubeflow/training-operator:v1-8a066f9
      args: [{args}]
"""


def test_an_operator_brings_its_defaults(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"op.yaml": _OPERATOR.format(args="")})

    assert the_one(report, "alpine:3.10").way is Way.OPERATOR_DEFAULT
    assert the_one(report, "mpioperator/kubectl-delivery:latest").place.line == 5


def test_a_default_that_a_flag_replaces_is_left_out(tmp_path: Path) -> None:
    flag = "--pytorch-init-container-image=acme/init:1"

    found = images(scanned(tmp_path, {"op.yaml": _OPERATOR.format(args=flag)}))

    assert "acme/init:1" in found
    assert "alpine:3.10" not in found


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("quay.io/argoproj/workflow-controller:v3.4.3", ["quay.io/argoproj/argoexec:v3.4.3"]),
        (
            "kubeflow/training-operator:v9-new",
            ["alpine:3.10", "mpioperator/kubectl-delivery:latest"],
        ),
        ("kubeflow/training-operator:v1.8.1", ["alpine:3.10", "kubeflow/kubectl-delivery:latest"]),
        ("kubeflow/training-operator:v1.3.0", []),
        ("quay.io/argoproj/workflow-controller:v3.3.1", []),
        ("gcr.io/kubeflow-images-public/pytorch-operator:vmaster-g518f9c76", ["alpine:3.10"]),
        (
            "quay.io/prometheus-operator/prometheus-operator:v0.46.0",
            ["quay.io/prometheus-operator/prometheus-config-reloader:v0.46.0"],
        ),
        (
            "quay.io/prometheus-operator/prometheus-operator:v0.42.1",
            [
                "quay.io/prometheus-operator/prometheus-config-reloader:v0.42.1",
                "jimmidyson/configmap-reload:v0.4.0",
            ],
        ),
        (
            "quay.io/coreos/prometheus-operator:v0.40.0",
            [
                "quay.io/coreos/prometheus-config-reloader:v0.40.0",
                "jimmidyson/configmap-reload:v0.3.0",
            ],
        ),
        (
            "quay.io/coreos/prometheus-operator:v0.22.0",
            [
                "quay.io/coreos/prometheus-config-reloader:v0.22.0",
                "quay.io/coreos/configmap-reload:v0.0.1",
            ],
        ),
        ("acme/training-operator:v1", []),
        ("nginx:1", []),
    ],
)
def test_defaults_go_by_operator_and_version(operator: str, expected: list[str]) -> None:
    found = [default.image for default in defaults_of(Reference.parse(operator))]

    assert found == expected


def test_what_is_assumed_of_a_version_is_said() -> None:
    (first, *_) = defaults_of(Reference.parse("kubeflow/training-operator:v9-new"))

    assert "not known" in first.why
