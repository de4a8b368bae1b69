"""Taking over the fields that kubectl created, or applied on the client's side.

Its entry in `managedFields` has the operation Update. A server-side apply leaves that entry alone,
so that a field dropped later would stay for ever. kubectl's own migration is in client-go,
util/csaupgrade.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

_LAST_APPLIED = "f:kubectl.kubernetes.io/last-applied-configuration"
# The platform's own installation does both.
CLIENT_SIDE = ("kubectl-client-side-apply", "kubectl-create")
SHARED = "cube-airgap/shared"
"""Annotation of an object of which we say what is ours, and nothing of it is taken from others."""


def is_shared(body: dict[str, Any]) -> bool:
    """Whether what others wrote into an object stays theirs, even if we would not say it."""
    return bool((body["metadata"].get("annotations") or {}).get(SHARED) == "true")


def migrated_fields(live: dict[str, Any], manager: str) -> list[dict[str, Any]] | None:
    """`managedFields` with all that kubectl wrote owned by `manager`; None if there is none."""
    entries: list[dict[str, Any]] = deepcopy(live["metadata"].get("managedFields") or [])
    theirs = [entry for entry in entries if _is_client_side(entry)]
    if not theirs:
        return None
    ours = next((entry for entry in entries if is_applied_by(entry, manager)), None)
    kept = [entry for entry in entries if entry not in theirs]
    if ours is None:
        ours = {**theirs[0], "manager": manager, "operation": "Apply"}
        kept.append(ours)
    for entry in theirs:
        ours["fieldsV1"] = _union(ours["fieldsV1"], entry["fieldsV1"])
    return kept


def is_applied_by(entry: dict[str, Any], manager: str) -> bool:
    """Whether an entry of `managedFields` is of what that manager applied."""
    return (
        entry.get("operation") == "Apply"
        and entry.get("manager") == manager
        and not entry.get("subresource")
    )


def _is_client_side(entry: dict[str, Any]) -> bool:
    """Whether kubectl made it, also under a name of the user's (--field-manager)."""
    if entry.get("operation") != "Update" or entry.get("subresource"):
        return False
    annotations = entry.get("fieldsV1", {}).get("f:metadata", {}).get("f:annotations", {})
    return entry.get("manager") in CLIENT_SIDE or _LAST_APPLIED in annotations


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both sets of fields as one (the FieldsV1 format is a tree of mappings)."""
    return one | {key: _union(one.get(key, {}), below) for key, below in other.items()}
