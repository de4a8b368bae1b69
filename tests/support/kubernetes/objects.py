"""Small objects for tests."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body, Json

IMAGE = "registry.invalid/program:1"


def named(kind: str, name: str, namespace: str = "", **fields: Json) -> Body:
    """An object; `kind` is GROUP/VERSION/Kind, or v1/Kind."""
    api_version, _, kind = kind.rpartition("/")
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def config_map(name: str, namespace: str, **data: str) -> Body:
    return named("v1/ConfigMap", name, namespace, data=data)


def pod_template(image: str = IMAGE, **spec: Json) -> Body:
    container = {"name": "main", "image": image}
    return {
        "metadata": {"labels": {"app": "program"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0, **spec},
    }


def deployment(name: str, namespace: str, **spec: Json) -> Body:
    usual = {"selector": {"matchLabels": {"app": "program"}}, "template": pod_template()}
    return named("apps/v1/Deployment", name, namespace, spec={**usual, **spec})


def stateful_set(name: str, namespace: str, **spec: Json) -> Body:
    usual = {"serviceName": name, "selector": {"matchLabels": {"app": "program"}}}
    whole = {**usual, "template": pod_template(), **spec}
    return named("apps/v1/StatefulSet", name, namespace, spec=whole)


def daemon_set(name: str, namespace: str, **spec: Json) -> Body:
    usual = {"selector": {"matchLabels": {"app": "program"}}, "template": pod_template()}
    return named("apps/v1/DaemonSet", name, namespace, spec={**usual, **spec})


def job(name: str, namespace: str, image: str = IMAGE) -> Body:
    template = pod_template(image, restartPolicy="Never")
    return named("batch/v1/Job", name, namespace, spec={"template": template})


def volume(name: str, namespace: str, claim: str, path: str = "/tmp/volume") -> Body:
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteMany"],
        "hostPath": {"path": path},
        "storageClassName": "",
        "claimRef": {"namespace": namespace, "name": claim},
    }
    return named("v1/PersistentVolume", name, spec=spec)


def claim(name: str, namespace: str, size: str = "1Gi") -> Body:
    spec = {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "",
        "resources": {"requests": {"storage": size}},
    }
    return named("v1/PersistentVolumeClaim", name, namespace, spec=spec)


def definition(group: str, *, namespaced: bool = True) -> Body:
    """A CustomResourceDefinition of the kind Thing that keeps all that it is given."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    spec = {
        "group": group,
        "names": {
            "kind": "Thing",
            "plural": "things",
            "singular": "thing",
            "listKind": "ThingList",
        },
        "scope": "Namespaced" if namespaced else "Cluster",
        "versions": [version],
    }
    kind = "apiextensions.k8s.io/v1/CustomResourceDefinition"
    return named(kind, f"things.{group}", spec=spec)


def changed(body: Body, path: str, value: Json) -> Body:
    """A copy of `body` with another value at a path such as spec.replicas or spec.containers.0."""
    copied = copy.deepcopy(body)
    *steps, last = path.split(".")
    at: Json = copied
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[last] = value
    return copied
