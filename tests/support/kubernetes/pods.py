"""Pods as workloads make them, healthy or in trouble."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from tests.support.kubernetes.events import tell
from tests.support.kubernetes.storage import Place, now
from tests.support.kubernetes.trouble import Symptom, Trouble, symptom

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
from tests.support.kubernetes.storage import Storage


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


def run_pod(storage: Storage, place: Place, node: str) -> None:
    """Let it run on a node, if it does not yet."""
    body = storage.objects[place]
    if is_ready(body):
        return
    _tell_start(storage, body, node)
    state = {"running": {"startedAt": now()}}
    _set(storage, place, node, _status(body, "Running", state, Symptom(is_running=True)))


def end_pod(storage: Storage, place: Place, node: str) -> None:
    """Let a job's pod come to its end."""
    body = storage.objects[place]
    _tell_start(storage, body, node)
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now()}
    status = _status(body, "Succeeded", {"terminated": ended}, Symptom())
    _set(storage, place, node, status)


def fail_pod(storage: Storage, place: Place, node: str, trouble: Trouble) -> None:
    """Let a job's pod end with an error."""
    body = storage.objects[place]
    _tell_start(storage, body, node)
    state = {"terminated": symptom(trouble, "").last}
    _set(storage, place, node, _status(body, "Failed", state, Symptom()))


def trouble_pod(storage: Storage, place: Place, node: str, seen: Symptom) -> None:
    """Let it be stuck; without a node nothing is known of its containers."""
    body = storage.objects[place]
    if not seen.unplaced:
        tell(storage, body, "Normal", "Scheduled", _assigned(body, node))
    for event in seen.events:
        tell(storage, body, *event)
    state: Body = {"waiting": {"reason": "ContainerCreating"}}
    if seen.waiting:
        reason, message = seen.waiting
        state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    elif seen.is_running:
        state = {"running": {"startedAt": body["metadata"]["creationTimestamp"]}}
    status = _status(body, seen.phase, state, seen, is_ready=False)
    _set(storage, place, "" if seen.unplaced else node, status)


def image_of(body: Body) -> str:
    """The image of its first container."""
    return str(_containers(body)[0].get("image", ""))


def is_ready(body: Body) -> bool:
    found = body["status"].get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in found)


def _tell_start(storage: Storage, body: Body, node: str) -> None:
    tell(storage, body, "Normal", "Scheduled", _assigned(body, node))
    for one in _containers(body):
        image = one.get("image", "")
        tell(storage, body, "Normal", "Pulling", f'Pulling image "{image}"')
        pulled = f'Successfully pulled image "{image}" in 1.2s (1.2s including waiting)'
        tell(storage, body, "Normal", "Pulled", pulled)


def _assigned(body: Body, node: str) -> str:
    metadata = body["metadata"]
    return f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {node}"


def _containers(body: Body) -> list[Body]:
    return list(body["spec"].get("containers") or [{}])


def _status(body: Body, phase: str, state: Body, seen: Symptom, *, is_ready: bool = True) -> Body:
    """What a kubelet, or without a node the scheduler, says of a pod."""
    if seen.unplaced:
        unplaced = {"status": "False", "reason": "Unschedulable", "message": seen.unplaced}
        return {"phase": phase, "conditions": [{"type": "PodScheduled", **unplaced}]}
    is_up = is_ready and seen.is_running
    ready: Body = {"type": "Ready", "status": "True" if is_up else "False"}
    if not is_up:
        names = ", ".join(str(one.get("name")) for one in _containers(body))
        ready["reason"] = "PodCompleted" if phase == "Succeeded" else "ContainersNotReady"
        ready["message"] = f"containers with unready status: [{names}]"
    started = [
        {
            "name": one.get("name"),
            "image": one.get("image"),
            "imageID": f"{one.get('image')}@sha256:{'0' * 64}" if seen.is_running else "",
            "ready": is_up,
            "started": seen.is_running,
            "restartCount": 3 if seen.last else 0,
            "state": state,
            "lastState": {"terminated": seen.last} if seen.last else {},
        }
        for one in _containers(body)
    ]
    return {
        "phase": phase,
        "conditions": [ready, {"type": "PodScheduled", "status": "True"}],
        "containerStatuses": started,
        "hostIP": "10.0.0.1",
        "podIP": "10.1.0.1",
        "startTime": body["metadata"]["creationTimestamp"],
    }


def _set(storage: Storage, place: Place, node: str, status: Body) -> None:
    body = storage.objects[place]
    spec = {**body["spec"], "nodeName": node} if node else body["spec"]
    storage.change(place, {**body, "spec": spec, "status": status})
