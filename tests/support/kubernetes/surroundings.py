"""What else a cluster does by itself: binds claims, fills endpoints, calls APIs available."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.kubernetes.pods import is_ready
from tests.support.kubernetes.storage import Place

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.storage import Storage

_BOUND_TICKS = 2


def bind_claims(storage: Storage) -> None:
    """A claim is bound to the volume that names it, or has room and the class for it."""
    for place, body in list(storage.of("persistentvolumeclaims")):
        if (body.get("status") or {}).get("phase") == "Bound":
            continue
        volume = _volume_for(storage, place, body)
        if volume is None or storage.age(place) < _BOUND_TICKS:
            storage.set_status(place, {"phase": "Pending"})
            continue
        claim = {"namespace": place.namespace, "name": place.name, "uid": body["metadata"]["uid"]}
        at = Place("persistentvolumes", "", volume["metadata"]["name"])
        spec = {**volume["spec"], "claimRef": {**(volume["spec"].get("claimRef") or {}), **claim}}
        storage.change(at, {**volume, "spec": spec, "status": {"phase": "Bound"}})
        bound = {**body["spec"], "volumeName": at.name}
        capacity = volume["spec"].get("capacity")
        status = {"phase": "Bound", "capacity": capacity}
        storage.change(place, {**body, "spec": bound, "status": status})


def _volume_for(storage: Storage, place: Place, claim: Body) -> Body | None:
    asked = claim["spec"]
    for _, volume in storage.of("persistentvolumes"):
        spec = volume["spec"]
        owner = spec.get("claimRef")
        if owner and (owner.get("namespace"), owner.get("name")) != (place.namespace, place.name):
            continue
        if asked.get("volumeName") not in {None, "", volume["metadata"]["name"]}:
            continue
        wanted = (asked.get("selector") or {}).get("matchLabels") or {}
        labels = volume["metadata"].get("labels") or {}
        same_class = (spec.get("storageClassName") or "") == (asked.get("storageClassName") or "")
        if same_class and all(labels.get(key) == value for key, value in wanted.items()):
            return volume
    return None


def fill_endpoints(storage: Storage) -> None:
    """Each service with a selector has the ready pods that it selects."""
    seen = storage.changes["services"] + storage.changes["pods"]
    if storage.filled == seen:
        return
    storage.filled = seen
    for place, service in list(storage.of("services")):
        selector = (service.get("spec") or {}).get("selector")
        if not selector:
            continue
        addresses = [
            {"ip": "10.1.0.1", "targetRef": {"kind": "Pod", "name": at.name}}
            for at, pod in storage.of("pods", place.namespace)
            if selector.items() <= (pod["metadata"].get("labels") or {}).items() and is_ready(pod)
        ]
        subsets = [{"addresses": addresses}] if addresses else []
        _put(storage, Place("endpoints", place.namespace, place.name), "v1", {"subsets": subsets})
        told = [
            {"addresses": [one["ip"]], "conditions": {"ready": True}, "targetRef": one["targetRef"]}
            for one in addresses
        ]
        at = Place("endpointslices.discovery.k8s.io", place.namespace, f"{place.name}-00000")
        labels = {"kubernetes.io/service-name": place.name}
        slice_body: Body = {
            "addressType": "IPv4",
            "endpoints": told,
            "metadata": {"labels": labels},
        }
        _put(storage, at, "discovery.k8s.io/v1", slice_body)
    for resource in ("endpoints", "endpointslices.discovery.k8s.io"):
        for at, body in list(storage.of(resource)):
            home = (body["metadata"].get("labels") or {}).get("kubernetes.io/service-name", at.name)
            if Place("services", at.namespace, home) not in storage.objects:
                storage.drop(at)


def _put(storage: Storage, place: Place, api_version: str, body: Body) -> None:
    known = storage.objects.get(place)
    kind = storage.resources[place.resource].kind
    named = {"name": place.name, "namespace": place.namespace}
    if known is None:
        metadata = {**body.get("metadata", {}), **named}
        storage.add(place, {**body, "apiVersion": api_version, "kind": kind, "metadata": metadata})
    else:
        storage.change(place, {**known, **body, "metadata": known["metadata"]})


def call_available(storage: Storage) -> None:
    """An APIService is available when the service behind it has endpoints, or there is none."""
    for place, body in list(storage.of("apiservices.apiregistration.k8s.io")):
        service = (body.get("spec") or {}).get("service")
        is_up = True
        if service:
            at = Place("endpoints", service["namespace"], service["name"])
            is_up = bool((storage.objects.get(at) or {}).get("subsets"))
        condition = {
            "type": "Available",
            "status": "True" if is_up else "False",
            "reason": "Passed" if is_up else "MissingEndpoints",
        }
        storage.set_status(place, {"conditions": [condition]})
