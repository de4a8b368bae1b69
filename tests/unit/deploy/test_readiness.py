"""Whether objects are up."""

from __future__ import annotations

from typing import Any

import pytest

from cube_install.deploy.readiness import Readiness, Stage, is_awaited, readiness
from cube_install.kubernetes.object_key import ObjectKey

Body = dict[str, Any]
GROUPS = {
    "CustomResourceDefinition": "apiextensions.k8s.io",
    "APIService": "apiregistration.k8s.io",
    "Deployment": "apps",
    "StatefulSet": "apps",
    "DaemonSet": "apps",
    "Job": "batch",
}


def told(kind: str, status: Body | None, spec: Body | None = None) -> Readiness:
    key = ObjectKey(GROUPS.get(kind, ""), kind, "infra", "it")
    body = {"metadata": {"generation": 2}, "spec": spec or {}, "status": status}
    return readiness(key, body)


def conditions(**states: str) -> Body:
    return {"conditions": [{"type": kind, "status": state} for kind, state in states.items()]}


SEEN = {"observedGeneration": 2}
ROLLED = SEEN | {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}
SPREAD = SEEN | {
    "desiredNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
}
TWO = {"replicas": 2}

UP: list[tuple[str, Body | None, Body]] = [
    ("Namespace", {"phase": "Active"}, {}),
    ("CustomResourceDefinition", conditions(NamesAccepted="True", Established="True"), {}),
    ("APIService", conditions(Available="True"), {}),
    ("Deployment", ROLLED, TWO),
    ("Deployment", SEEN, {"replicas": 0}),
    ("StatefulSet", ROLLED, TWO),
    (
        "StatefulSet",
        ROLLED | {"updatedReplicas": 0},
        TWO | {"updateStrategy": {"type": "OnDelete"}},
    ),
    ("DaemonSet", SPREAD, {}),
    ("DaemonSet", SEEN | {"desiredNumberScheduled": 0}, {}),
    ("Job", conditions(Complete="True"), {}),
    ("PersistentVolumeClaim", {"phase": "Bound"}, {}),
    ("Pod", {"phase": "Running"} | conditions(Ready="True"), {}),
    ("Pod", {"phase": "Succeeded"}, {}),
    ("ConfigMap", None, {}),
]
COMING: list[tuple[str, Body | None, Body, str]] = [
    ("Namespace", {"phase": "Terminating"}, {}, "being deleted"),
    ("CustomResourceDefinition", {"conditions": None}, {}, "not established"),
    ("APIService", conditions(Available="False"), {}, "not available"),
    ("Deployment", None, TWO, "not looked at yet"),
    ("Deployment", ROLLED | {"observedGeneration": 1}, TWO, "not looked at yet"),
    ("Deployment", ROLLED | {"updatedReplicas": 1}, TWO, "1 of 2 pods are of the new form"),
    ("Deployment", ROLLED | {"replicas": 3}, TWO, "1 old pods are still there"),
    ("Deployment", ROLLED | {"availableReplicas": 1}, TWO, "1 of 2 ready"),
    ("StatefulSet", ROLLED | {"readyReplicas": 1}, TWO, "1 of 2 ready"),
    ("StatefulSet", ROLLED | {"updatedReplicas": 0}, TWO, "0 of 2 pods are of the new form"),
    ("DaemonSet", SPREAD | {"numberAvailable": 0}, {}, "0 of 2 ready"),
    ("DaemonSet", SPREAD | {"updatedNumberScheduled": 1}, {}, "1 of 2 pods are of the new form"),
    ("Job", {}, {}, "not complete"),
    ("PersistentVolumeClaim", {}, {}, "pending"),
    ("Pod", {"phase": "Running"}, {}, "not ready"),
]
FAILED: list[tuple[str, Body, Body]] = [
    ("CustomResourceDefinition", conditions(NamesAccepted="False"), {}),
    ("Job", conditions(Failed="True"), {}),
    ("PersistentVolumeClaim", {"phase": "Lost"}, {}),
    ("Pod", {"phase": "Failed"}, {}),
]


@pytest.mark.parametrize(("kind", "status", "spec"), UP)
def test_up(kind: str, status: Body, spec: Body) -> None:
    assert told(kind, status, spec).stage is Stage.UP


@pytest.mark.parametrize(("kind", "status", "spec", "why"), COMING)
def test_coming(kind: str, status: Body, spec: Body, why: str) -> None:
    assert told(kind, status, spec) == Readiness(Stage.COMING, why)


@pytest.mark.parametrize(("kind", "status", "spec"), FAILED)
def test_failed(kind: str, status: Body, spec: Body) -> None:
    assert told(kind, status, spec).stage is Stage.FAILED


def test_what_is_not_there_is_coming() -> None:
    assert readiness(ObjectKey("apps", "Deployment", "a", "b"), None).stage is Stage.COMING


def test_kinds_that_tell_nothing_are_not_awaited() -> None:
    assert not is_awaited(ObjectKey("", "ConfigMap", "infra", "it"))
    assert is_awaited(ObjectKey("batch", "Job", "infra", "it"))
