"""Which objects of a cluster have ended."""

from __future__ import annotations

from typing import Any

import pytest

from cube_install.prune.endings import is_over
from tests.support.kubernetes.objects import named


def body(kind: str, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:  # noqa: ANN401
    return named(kind, "one", "default", spec=spec, **({"status": status} if status else {}))


def under(kind: str, truth: str = "True") -> dict[str, Any]:
    return {"conditions": [{"type": "Created", "status": "True"}, {"type": kind, "status": truth}]}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("v1/Pod", {"phase": "Succeeded"}),
        ("v1/Pod", {"phase": "Failed"}),
        ("batch/v1/Job", under("Complete")),
        ("batch/v1/Job", under("Failed")),
        ("argoproj.io/v1alpha1/Workflow", {"phase": "Error"}),
        ("batch.volcano.sh/v1alpha1/Job", {"state": {"phase": "Completed"}}),
        ("kubeflow.org/v1/PyTorchJob", under("Succeeded")),
        ("kubeflow.org/v1/MPIJob", under("Failed")),
        ("frameworkcontroller.microsoft.com/v1/Framework", {"state": "Completed"}),
    ],
)
def test_what_came_to_its_end_is_over(kind: str, status: dict[str, Any]) -> None:
    assert is_over(body(kind, status))


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("v1/Pod", {"phase": "Pending"}),
        ("batch/v1/Job", under("Suspended")),
        ("batch/v1/Job", under("Failed", "False")),
        ("batch/v1/CronJob", None),
        ("argoproj.io/v1alpha1/Workflow", None),
        ("argoproj.io/v1alpha1/Workflow", {"phase": "Running"}),
        ("argoproj.io/v1alpha1/CronWorkflow", {"phase": "Succeeded"}),
        ("batch.volcano.sh/v1alpha1/Job", {"state": {"phase": "Aborted"}}),
        ("kubeflow.org/v1/PyTorchJob", under("Running")),
        ("helm.example/v1/Release", {"phase": "Succeeded"}),
        ("v1/Pod", {"phase": 7, "conditions": "none"}),
    ],
)
def test_all_others_are_not(kind: str, status: dict[str, Any] | None) -> None:
    assert not is_over(body(kind, status))


def test_a_replica_set_is_over_that_its_deployment_scaled_to_nothing() -> None:
    one = body("apps/v1/ReplicaSet", replicas=0)
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "one", "controller": True}
    owned = {**one, "metadata": {**one["metadata"], "ownerReferences": [owner]}}
    assert is_over(owned)
    assert not is_over(one)
    assert not is_over({**owned, "spec": {"replicas": 1}})
    assert not is_over({**owned, "spec": {}})
