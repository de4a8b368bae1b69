"""Deleting objects, what they own, and whole namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.kubernetes.answers import Answer, Refused, json_answer, not_found, other_uid
from tests.support.kubernetes.reading import in_version
from tests.support.kubernetes.storage import Place, now

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.kinds import Resource
    from tests.support.kubernetes.request import ObjectPath, Request
    from tests.support.kubernetes.storage import Storage

_NAMESPACE_TICKS = 6
_FOREGROUND = "foregroundDeletion"


def delete_object(
    storage: Storage, resource: Resource, path: ObjectPath, request: Request
) -> Answer:
    """DELETE of one object, with the preconditions and the propagation of DeleteOptions."""
    place = Place(resource.full_name, path.namespace, path.name)
    body = storage.objects.get(place)
    if body is None:
        raise Refused(not_found(resource, path.name))
    options = request.body if request.raw else {}
    uid = body["metadata"]["uid"]
    asked = (options.get("preconditions") or {}).get("uid", uid)
    if asked != uid:
        raise Refused(other_uid(resource, path.name, asked, uid))
    propagation = options.get("propagationPolicy", "Background")
    if not request.is_dry:
        _delete(storage, place, propagation)
    left = storage.objects.get(place)
    if left is not None:
        return json_answer(in_version(left, resource, path.version))
    details = {"name": path.name, "kind": resource.plural, "uid": uid}
    if resource.group:
        details["group"] = resource.group
    return json_answer(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": details,
        }
    )


def _delete(storage: Storage, place: Place, propagation: str) -> None:
    body = storage.objects[place]
    if propagation == "Orphan":
        for other, dependent in _dependents(storage, body["metadata"]["uid"]):
            metadata = {**dependent["metadata"], "ownerReferences": []}
            storage.change(other, {**dependent, "metadata": metadata})
    finalizers = list(body["metadata"].get("finalizers") or ())
    if propagation == "Foreground" and _dependents(storage, body["metadata"]["uid"]):
        finalizers.append(_FOREGROUND)
    if place.resource != "namespaces" and not finalizers:
        storage.drop(place)
        return
    metadata = {**body["metadata"], "deletionTimestamp": now()}
    if finalizers:
        metadata["finalizers"] = finalizers
    going: Body = {**body, "metadata": metadata}
    if place.resource == "namespaces":
        going["status"] = {"phase": "Terminating"}
        # Nothing else makes it stay but what is in it.
        metadata["finalizers"] = [*finalizers, "kubernetes"]
    storage.change(place, going)
    storage.touched[place] = storage.tick


def _dependents(storage: Storage, uid: str) -> list[tuple[Place, Body]]:
    return [
        (place, body)
        for place, body in storage.objects.items()
        if any(one["uid"] == uid for one in body["metadata"].get("ownerReferences") or ())
    ]


def collect_garbage(storage: Storage) -> None:
    """Delete what had owners and has none any more."""
    if storage.collected == storage.goings:
        return
    storage.collected = storage.goings
    uids = {body["metadata"]["uid"] for body in storage.objects.values()}
    for place, body in list(storage.objects.items()):
        owners = body["metadata"].get("ownerReferences") or ()
        if owners and not any(one["uid"] in uids for one in owners):
            _delete(storage, place, "Background")
    for place, body in list(storage.objects.items()):
        if _FOREGROUND in (body["metadata"].get("finalizers") or ()):
            for other, _ in _dependents(storage, body["metadata"]["uid"]):
                _delete(storage, other, "Background")
            _let_go(storage, place, _FOREGROUND)


def empty_namespaces(storage: Storage) -> None:
    """Delete what is in namespaces that are being deleted, and then them."""
    for place, body in list(storage.of("namespaces")):
        if "deletionTimestamp" not in body["metadata"] or storage.rest(place) < _NAMESPACE_TICKS:
            continue
        inside = [one for one in storage.objects if one.namespace == place.name]
        for one in inside:
            _delete(storage, one, "Background")
        if not any(one.namespace == place.name for one in storage.objects):
            _let_go(storage, place, "kubernetes")


def _let_go(storage: Storage, place: Place, finalizer: str) -> None:
    body = storage.objects[place]
    left = [one for one in body["metadata"]["finalizers"] if one != finalizer]
    storage.change(place, {**body, "metadata": {**body["metadata"], "finalizers": left}})
