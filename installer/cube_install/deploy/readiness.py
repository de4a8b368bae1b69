"""Whether an object is up, told by the object alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, condition, number, part, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_install.kubernetes.object_key import ObjectKey


class Stage(StrEnum):
    """How far an object is."""

    UP = "up"
    COMING = "coming"
    FAILED = "failed"  # waiting is in vain


@dataclass(frozen=True)
class Readiness:
    """How far, in a word and for people."""

    stage: Stage
    told: str = ""


_UP = Readiness(Stage.UP)


def is_awaited(key: ObjectKey) -> bool:
    """Whether objects of that kind tell when they are up."""
    return (key.group, key.kind) in _RULES


def readiness(key: ObjectKey, body: Body | None) -> Readiness:
    """How far the object is; `body` is None where it is not there. Other kinds are up at once."""
    if body is None:
        return Readiness(Stage.COMING, "not there yet")
    rule = _RULES.get((key.group, key.kind))
    return rule(body) if rule else _UP


def _of_namespace(body: Body) -> Readiness:
    if text(body, "status", "phase") == "Terminating":
        return Readiness(Stage.COMING, "being deleted")
    return _UP


def _of_definition(body: Body) -> Readiness:
    refused = condition(body, "NamesAccepted")
    if refused.get("status") == "False":
        return Readiness(Stage.FAILED, text(refused, "message") or "its names are taken")
    return _by_condition(body, "Established")


def _of_deployment(body: Body) -> Readiness:
    wanted = number(body, "spec", "replicas", default=1)
    if not _is_seen(body):
        return Readiness(Stage.COMING, "not looked at yet")
    status = part(body, "status")
    updated, all_of_it = number(status, "updatedReplicas"), number(status, "replicas")
    available = number(status, "availableReplicas")
    if updated < wanted:
        return Readiness(Stage.COMING, f"{updated} of {wanted} pods are of the new form")
    if all_of_it > updated:
        return Readiness(Stage.COMING, f"{all_of_it - updated} old pods are still there")
    return _counted(available, wanted)


def _of_stateful_set(body: Body) -> Readiness:
    wanted = number(body, "spec", "replicas", default=1)
    if not _is_seen(body):
        return Readiness(Stage.COMING, "not looked at yet")
    status = part(body, "status")
    strategy = text(body, "spec", "updateStrategy", "type") or "RollingUpdate"
    kept = number(body, "spec", "updateStrategy", "rollingUpdate", "partition")
    updated = number(status, "updatedReplicas")
    if strategy == "RollingUpdate" and updated < wanted - kept:
        return Readiness(Stage.COMING, f"{updated} of {wanted - kept} pods are of the new form")
    return _counted(number(status, "readyReplicas"), wanted)


def _of_daemon_set(body: Body) -> Readiness:
    if not _is_seen(body):
        return Readiness(Stage.COMING, "not looked at yet")
    status = part(body, "status")
    wanted = number(status, "desiredNumberScheduled")
    updated = number(status, "updatedNumberScheduled")
    strategy = text(body, "spec", "updateStrategy", "type") or "RollingUpdate"
    if strategy == "RollingUpdate" and updated < wanted:
        return Readiness(Stage.COMING, f"{updated} of {wanted} pods are of the new form")
    if wanted == 0:
        return Readiness(Stage.UP, "no node is for it")
    return _counted(number(status, "numberAvailable"), wanted)


def _of_job(body: Body) -> Readiness:
    failed = condition(body, "Failed")
    if failed.get("status") == "True":
        why = text(failed, "message") or text(failed, "reason")
        return Readiness(Stage.FAILED, f"failed: {why}" if why else "failed")
    if condition(body, "Complete").get("status") == "True":
        return Readiness(Stage.UP, "complete")
    return Readiness(Stage.COMING, "not complete")


def _of_claim(body: Body) -> Readiness:
    phase = text(body, "status", "phase") or "Pending"
    if phase == "Lost":
        return Readiness(Stage.FAILED, "its volume is gone")
    return Readiness(Stage.UP if phase == "Bound" else Stage.COMING, phase.lower())


def _of_api_service(body: Body) -> Readiness:
    return _by_condition(body, "Available")


def _of_pod(body: Body) -> Readiness:
    phase = text(body, "status", "phase") or "Pending"
    if phase == "Succeeded":
        return Readiness(Stage.UP, "complete")
    if phase == "Failed":
        return Readiness(Stage.FAILED, text(body, "status", "message") or "failed")
    return _by_condition(body, "Ready")


def _by_condition(body: Body, kind: str) -> Readiness:
    found = condition(body, kind)
    if found.get("status") == "True":
        return _UP
    why = text(found, "message") or text(found, "reason")
    told = f"not {kind.lower()}"
    return Readiness(Stage.COMING, f"{told}: {why}" if why else told)


def _counted(ready: int, wanted: int) -> Readiness:
    stage = Stage.UP if ready >= wanted else Stage.COMING
    return Readiness(stage, f"{ready} of {wanted} ready")


def _is_seen(body: Body) -> bool:
    """Whether the status is about this generation; before, it may tell of old pods."""
    seen = number(body, "status", "observedGeneration", default=-1)
    return seen >= number(body, "metadata", "generation")


_RULES: dict[tuple[str, str], Callable[[Body], Readiness]] = {
    ("", "Namespace"): _of_namespace,
    ("", "PersistentVolumeClaim"): _of_claim,
    ("", "Pod"): _of_pod,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _of_definition,
    ("apiregistration.k8s.io", "APIService"): _of_api_service,
    ("apps", "DaemonSet"): _of_daemon_set,
    ("apps", "Deployment"): _of_deployment,
    ("apps", "StatefulSet"): _of_stateful_set,
    ("batch", "Job"): _of_job,
}
