"""What rendering puts into the pods of objects."""

from __future__ import annotations

from typing import Any

import pytest

from cube_install.render.pod_templates import (
    CONFIG_ANNOTATION,
    add_config_hash,
    add_pull_secret,
    content_hash,
    pod_template,
)

_KNOWN = {("infra", "settings"): "abc", ("infra", "other"): "def"}


def workload(kind: str = "Deployment", **spec: object) -> dict[str, Any]:
    template = {"metadata": {}, "spec": {"containers": [{"name": "a"}], **spec}}
    body: dict[str, Any] = {"kind": kind, "metadata": {"name": "w", "namespace": "infra"}}
    inner = {"template": template}
    return body | {"spec": {"jobTemplate": {"spec": inner}} if kind == "CronJob" else inner}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"])
def test_the_pods_of_every_kind_pull_with_the_secret(kind: str) -> None:
    body = workload(kind)
    add_pull_secret(body, "hubsecret")
    template = pod_template(body)
    assert template is not None
    assert template["spec"]["imagePullSecrets"] == [{"name": "hubsecret"}]


def test_a_pod_and_what_an_operator_makes_pods_of_do_so_too() -> None:
    bodies: list[dict[str, Any]] = [{"kind": "Pod", "spec": {}}, {"kind": "Prometheus", "spec": {}}]
    for body in bodies:
        add_pull_secret(body, "hubsecret")
        assert body["spec"] == {"imagePullSecrets": [{"name": "hubsecret"}]}


def test_a_secret_that_is_named_stays() -> None:
    body = workload(imagePullSecrets=[{"name": "own"}])
    add_pull_secret(body, "hubsecret")
    assert body["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "own"}]


@pytest.mark.parametrize(
    "body", [{"kind": "Service", "spec": {"template": {"spec": {}}}}, {"kind": "Deployment"}]
)
def test_what_has_no_pods_is_left_alone(body: dict[str, Any]) -> None:
    before = repr(body)
    add_pull_secret(body, "hubsecret")
    assert repr(body) == before


@pytest.mark.parametrize(
    "spec",
    [
        {"volumes": [{"configMap": {"name": "settings"}}]},
        {"volumes": [{"projected": {"sources": [{"configMap": {"name": "settings"}}]}}]},
        {"containers": [{"envFrom": [{"configMapRef": {"name": "settings"}}]}]},
        {"initContainers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "settings"}}}]}]},
    ],
)
def test_pods_know_what_their_config_maps_hold(spec: dict[str, Any]) -> None:
    found = []
    for known in (_KNOWN, _KNOWN, {**_KNOWN, ("infra", "settings"): "changed"}):
        body = workload(**spec)
        add_config_hash(body, known)
        found.append(body["spec"]["template"]["metadata"]["annotations"][CONFIG_ANNOTATION])
    assert found[0] == found[1] != found[2]


def test_pods_without_config_maps_of_the_stack_are_left_alone() -> None:
    body = workload(volumes=[{"configMap": {"name": "unknown"}}, {"emptyDir": {}}])
    add_config_hash(body, _KNOWN)
    assert body["spec"]["template"]["metadata"] == {}


def test_the_hash_is_of_the_content_alone() -> None:
    one = {"metadata": {"name": "a"}, "data": {"k": "v"}}
    assert content_hash(one) == content_hash({"metadata": {"name": "b"}, "data": {"k": "v"}})
    assert content_hash(one) != content_hash({"binaryData": {"k": "v"}})
