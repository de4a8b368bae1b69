"""Pods as workloads make them, healthy or in trouble."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tests.support.kubernetes.storage import Place, now
from tests.support.kubernetes.trouble import Symptom, Trouble, symptom

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.storage import Storage

NODE = "node-1"


def template_hash(template: Body) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:8]


def owner_reference(owner: Body) -> Body:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def make_pod(storage: Storage, owner: Body, template: Body, name: str, labels: Body) -> Place:
    """Add a pod of `owner` that nobody has looked at yet, if it is not there."""
    namespace = owner["metadata"]["namespace"]
    place = Place("pods", namespace, name)
    if place not in storage.objects:
        metadata = template.get("metadata") or {}
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": {**(metadata.get("labels") or {}), **labels},
                "annotations": metadata.get("annotations") or {},
                "ownerReferences": [owner_reference(owner)],
            },
            "spec": json.loads(json.dumps(template["spec"])),
            "status": {"phase": "Pending"},
        }
        storage.add(place, body)
    return place


def run_pod(storage: Storage, place: Place, *, is_done: bool = False) -> None:
    """Let it run, or, as a job's, come to its end."""
    body = storage.objects[place]
    if is_done:
        state = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": now()}}
    else:
        state = {"running": {"startedAt": now()}}
    if body["status"]["phase"] in {"Running", "Succeeded"} and _is_ready(body) is not is_done:
        return
    for one in _containers(body):
        image = one.get("image", "")
        tell(storage, body, "Normal", ("Pulled", f'Successfully pulled image "{image}" in 1s'))
    _set(
        storage,
        place,
        "Succeeded" if is_done else "Running",
        state,
        Symptom(is_running=not is_done),
        ready=not is_done,
    )


def trouble_pod(storage: Storage, place: Place, trouble: Trouble, told: str) -> None:
    """Let it be stuck."""
    body = storage.objects[place]
    seen = symptom(trouble, _containers(body)[0].get("image", ""), told)
    if seen.event:
        tell(storage, body, "Warning", seen.event)
    state: Body = {"running": {"startedAt": "2026-01-01T00:00:00Z"}} if seen.is_running else {}
    if seen.waiting:
        state = {"waiting": {"reason": seen.waiting[0], "message": seen.waiting[1]}}
    _set(storage, place, seen.phase, state, seen, ready=False)


def fail_pod(storage: Storage, place: Place, trouble: Trouble) -> None:
    """Let a job's pod end with an error."""
    last = symptom(trouble, "").last or {"exitCode": 1, "reason": "Error"}
    _set(storage, place, "Failed", {"terminated": last}, Symptom(), ready=False)


def is_ready(body: Body) -> bool:
    return _is_ready(body)


def tell(storage: Storage, about: Body, kind: str, event: tuple[str, str]) -> None:
    """Make an event of an object, once."""
    reason, message = event
    metadata = about["metadata"]
    digest = hashlib.sha256(f"{reason}{message}".encode()).hexdigest()[:12]
    place = Place("events", metadata["namespace"], f"{metadata['name']}.{digest}")
    if place in storage.objects:
        return
    storage.add(
        place,
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": place.name, "namespace": place.namespace},
            "involvedObject": {
                "apiVersion": about["apiVersion"],
                "kind": about["kind"],
                "name": metadata["name"],
                "namespace": place.namespace,
                "uid": metadata["uid"],
            },
            "type": kind,
            "reason": reason,
            "message": message,
            "count": 1,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
        },
    )


def _containers(body: Body) -> list[Body]:
    return list(body["spec"].get("containers") or [{}])


def _is_ready(body: Body) -> bool:
    found = body["status"].get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in found)


def _set(
    storage: Storage, place: Place, phase: str, state: Body, seen: Symptom, *, ready: bool
) -> None:
    body = storage.objects[place]
    is_placed = seen.condition is None
    conditions: list[Any] = [
        {"type": "Ready", "status": "True" if ready else "False"},
        {"type": "PodScheduled", "status": "True"},
    ]
    if seen.condition:
        reason, message = seen.condition
        conditions = [
            {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}
        ]
    status: Body = {"phase": phase, "conditions": conditions}
    if is_placed and (state or ready):
        status["containerStatuses"] = [
            {
                "name": one.get("name"),
                "image": one.get("image"),
                "imageID": f"{one.get('image')}@sha256:{'0' * 64}" if seen.is_running else "",
                "ready": ready,
                "started": seen.is_running,
                "restartCount": seen.restarts,
                "state": state,
                "lastState": {"terminated": seen.last} if seen.last else {},
            }
            for one in _containers(body)
        ]
        status |= {
            "hostIP": "10.0.0.1",
            "podIP": "10.1.0.1",
            "startTime": body["metadata"]["creationTimestamp"],
        }
    spec = {**body["spec"], "nodeName": NODE} if is_placed else body["spec"]
    storage.change(place, {**body, "spec": spec, "status": status})
