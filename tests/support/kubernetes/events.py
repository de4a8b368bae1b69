"""Events, in both forms in which they come."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.support.kubernetes.storage import Place, now

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.storage import Storage

# The scheduler uses the newer API: its events have no count, and only eventTime.
_NEWER = {"Scheduled", "FailedScheduling"}


def tell(storage: Storage, about: Body, kind: str, reason: str, message: str) -> None:
    """Make an event of an object, once; `kind` is Normal or Warning."""
    metadata = about["metadata"]
    digest = hashlib.sha256(f"{metadata['uid']}{reason}{message}".encode()).hexdigest()[:16]
    place = Place("events", metadata["namespace"], f"{metadata['name']}.{digest}")
    if place in storage.objects:
        return
    if reason in _NEWER:
        times: Body = {"eventTime": now(), "firstTimestamp": None, "lastTimestamp": None}
    else:
        times = {"eventTime": None, "firstTimestamp": now(), "lastTimestamp": now(), "count": 1}
    involved = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "name": metadata["name"],
        "namespace": place.namespace,
        "uid": metadata["uid"],
    }
    storage.add(
        place,
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": place.name, "namespace": place.namespace},
            "involvedObject": involved,
            "type": kind,
            "reason": reason,
            "message": message,
            **times,
        },
    )
