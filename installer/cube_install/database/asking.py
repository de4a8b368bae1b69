"""Asking the platform's database which images its rows name: a Job, its answer, and no trace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cube_airgap.errors import ClusterError
from cube_install.database.named_images import named_images
from cube_install.database.question import DATABASE, NAME, question
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cube_airgap.reference import Reference
    from cube_install.kubernetes.cluster import Cluster

_JOB = ObjectKey("batch", "Job", DATABASE.namespace, NAME)
_DEADLINE = 330.0  # the Job's own, and time to see its end
_LOOK_EVERY = 0.5
_LINES = 100_000
_ENDS = {"Complete", "Failed"}


def images_in_use(cluster: Cluster) -> Mapping[Reference, tuple[str, ...]]:
    """Each image that a row names, with its TABLE.COLUMN places; nothing stays in the cluster.

    Raises MissingError where the cluster has no database of the platform's, ClusterError with what
    the Job's pod said where it fails, AirgapError.
    """
    body = question(cluster.get(DATABASE))
    _remove(cluster)
    try:
        cluster.apply(body)
        end = _awaited(cluster)
        log = _log(cluster)
    finally:
        _remove(cluster)
    if end != "Complete":
        raise ClusterError(
            f"the Job that asks the platform's database failed: {_last_line(log)}",
            remedy="see that the database is up (kubectl -n infra get pods), then run it again, or "
            "leave --with-database out",
        )
    return named_images(log)


def _awaited(cluster: Cluster) -> str:
    """How the Job ended."""
    deadline = time.monotonic() + _DEADLINE
    while time.monotonic() < deadline:
        job = cluster.get(_JOB) or {}
        for condition in job.get("status", {}).get("conditions") or []:
            if condition["type"] in _ENDS and condition["status"] == "True":
                return str(condition["type"])
        time.sleep(_LOOK_EVERY)
    return "late"


def _log(cluster: Cluster) -> str:
    pods = _pods(cluster)
    if not pods:
        return ""
    return cluster.logs(_JOB.namespace, pods[0]["metadata"]["name"], "question", lines=_LINES)


def _pods(cluster: Cluster) -> list[dict[str, Any]]:
    return cluster.list("", "Pod", namespace=_JOB.namespace, labels=f"app={NAME}")


def _remove(cluster: Cluster) -> None:
    """Delete the Job, also one that a killed command left, and wait until it is gone."""
    cluster.delete(_JOB)
    deadline = time.monotonic() + _DEADLINE
    while (cluster.get(_JOB) or _pods(cluster)) and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY)


def _last_line(log: str) -> str:
    lines = log.strip().splitlines()
    return lines[-1] if lines else "its pod did not start, or said nothing"
