"""The nodes of a cluster that take pods of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.errors import MissingError
from cube_airgap.platforms import Platform

if TYPE_CHECKING:
    from cube_install.kubernetes.cluster import Cluster

_CONTROL = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_GPU_LABELS = {"gpu": "true", "nvidia.com/gpu.present": "true"}
_GPU_RESOURCE = "nvidia.com/gpu"


@dataclass(frozen=True)
class Member:
    """A node: its name, platform, and whether it is ready, has a GPU and runs the API server."""

    name: str
    platform: Platform
    is_ready: bool
    has_gpu: bool
    is_control: bool

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """The node that `body` describes."""
        labels = body["metadata"].get("labels", {})
        status = body.get("status", {})
        information = status.get("nodeInfo", {})
        conditions = status.get("conditions", [])
        gpus = str(status.get("allocatable", {}).get(_GPU_RESOURCE, "0"))
        machine = information.get("architecture") or labels.get("kubernetes.io/arch", "unknown")
        return cls(
            body["metadata"]["name"],
            Platform(labels.get("kubernetes.io/os", "linux"), machine),
            any(one["type"] == "Ready" and one["status"] == "True" for one in conditions),
            gpus not in {"", "0"} or any(labels.get(k) == v for k, v in _GPU_LABELS.items()),
            any(label in labels for label in _CONTROL),
        )


def members(cluster: Cluster, selector: str = "") -> tuple[Member, ...]:
    """All nodes with Linux, sorted, those that run the API server last.

    Raises MissingError where there is none, and what Cluster raises.
    """
    found = [Member.of(body) for body in cluster.list("", "Node", labels=selector)]
    linux = [one for one in found if one.platform.os == "linux"]
    if not linux:
        raise MissingError(
            "the cluster has no such node",
            remedy="see its nodes with kubectl get nodes --show-labels, and check --selector",
        )
    return tuple(sorted(linux, key=lambda one: (one.is_control, one.name)))
