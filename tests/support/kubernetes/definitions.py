"""CustomResourceDefinitions: established after a moment, served a moment later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.kubernetes.kinds import defined_by
from tests.support.kubernetes.storage import now

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.storage import Place, Storage

DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
_ESTABLISHED_TICKS = 2
_SERVED_TICKS = 4


def establish(storage: Storage) -> None:
    for place, body in list(storage.of(DEFINITIONS)):
        if not body["status"].get("conditions") and storage.age(place) >= _ESTABLISHED_TICKS:
            storage.set_status(place, _established(body))
        if storage.age(place) >= _SERVED_TICKS:
            resource = defined_by(body)
            storage.resources[resource.full_name] = resource


def forget(storage: Storage, place: Place, body: Body) -> None:
    """A definition went, and all objects of its kind with it."""
    if place.resource != DEFINITIONS:
        return
    gone = storage.resources.pop(defined_by(body).full_name, None)
    if gone:
        for one in [one for one in storage.objects if one.resource == gone.full_name]:
            storage.drop(one)


def _established(body: Body) -> Body:
    conditions = [
        {
            "type": kind,
            "status": "True",
            "reason": reason,
            "message": message,
            "lastTransitionTime": now(),
        }
        for kind, reason, message in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    names = body["spec"]["names"]
    return {**body["status"], "conditions": conditions, "acceptedNames": names}
