"""Parts of an object as the API gives it, where anything can be absent or null."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]


def part(body: Body, *names: str) -> Body:
    """The object at that path; an empty one where there is none."""
    found = _at(body, names)
    return found if isinstance(found, dict) else {}


def parts(body: Body, *names: str) -> list[Body]:
    """The objects of the list at that path; none where there is no list."""
    found = _at(body, names)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(body: Body, *names: str) -> str:
    """The text at that path; empty where there is none."""
    found = _at(body, names)
    return found if isinstance(found, str) else ""


def number(body: Body, *names: str, default: int = 0) -> int:
    """The whole number at that path; `default` where there is none."""
    found = _at(body, names)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def condition(body: Body, kind: str) -> Body:
    """The condition of that type in the status; an empty one where there is none."""
    found = (one for one in parts(body, "status", "conditions") if one.get("type") == kind)
    return next(found, {})


def labels(body: Body) -> dict[str, str]:
    """The object's labels."""
    return {key: str(value) for key, value in part(body, "metadata", "labels").items()}


def field_managers(body: Body) -> dict[str, str]:
    """By the name of each field manager, the operation of its entry: Apply or Update.

    Where a manager has both, Apply counts. Source: Kubernetes, "Server-Side Apply".
    """
    found: dict[str, str] = {}
    for entry in parts(body, "metadata", "managedFields"):
        name = text(entry, "manager")
        if found.get(name) != "Apply":
            found[name] = text(entry, "operation")
    return found


def pod_template(body: Body) -> Body:
    """The pod that a workload makes, or the pod itself; an empty object for other kinds."""
    if body.get("kind") == "Pod":
        return body
    if body.get("kind") == "CronJob":
        return part(body, "spec", "jobTemplate", "spec", "template")
    return part(body, "spec", "template") if _is_workload(body) else {}


def containers(pod: Body) -> list[Body]:
    """All containers of a pod or pod template, those that start it first."""
    return [*parts(pod, "spec", "initContainers"), *parts(pod, "spec", "containers")]


def _is_workload(body: Body) -> bool:
    return body.get("kind") in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}


def _at(body: Body, names: tuple[str, ...]) -> object:
    found: object = body
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found
