"""Objects as a cluster tells of them, for tests of what is read out of them."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]
REGISTRY = "harbor.example"


def pod(name: str = "web-1", *, spec: Body | None = None, **status: Any) -> Body:  # noqa: ANN401
    """A pod on a node, unless `spec` says otherwise; `status` is by its keys."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "infra"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "main"}]} | (spec or {}),
        "status": {"phase": "Pending"} | status,
    }


def container(image: str = f"{REGISTRY}/cube-studio/web:1", **status: Any) -> Body:  # noqa: ANN401
    """The status of container main."""
    return {"name": "main", "image": image, "ready": False, "restartCount": 0} | status


def waiting(reason: str, message: str = "", image: str = f"{REGISTRY}/cube-studio/web:1") -> Body:
    """A pod whose container waits."""
    state = {"waiting": {"reason": reason, "message": message}}
    return pod(containerStatuses=[container(image, state=state)])


def event(reason: str, message: str, name: str = "web-1", kind: str = "Pod") -> Body:
    """An event about the object of that name."""
    return {
        "involvedObject": {"kind": kind, "name": name, "namespace": "infra"},
        "reason": reason,
        "message": message,
        "lastTimestamp": "2026-03-01T10:00:00Z",
    }


def node(name: str = "node-1", **labels: str) -> Body:
    """A node that is ready."""
    own = {"kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name}
    return {
        "metadata": {"name": name, "labels": own | labels},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
