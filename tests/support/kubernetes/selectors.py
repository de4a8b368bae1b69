"""Label and field selectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.support.kubernetes.answers import Refused, bad_request

if TYPE_CHECKING:
    from tests.support.kubernetes.kinds import Resource

_SET = re.compile(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)")
_PARTS = re.compile(r",(?![^(]*\))")
_EQUAL = re.compile("!=|==|=")
_ALWAYS = ("metadata.name", "metadata.namespace")
# What a real server can select by, beside the name.
_FIELDS = {
    "pods": ("spec.nodeName", "status.phase", "spec.restartPolicy", "spec.serviceAccountName"),
    "events": (
        "involvedObject.kind",
        "involvedObject.name",
        "involvedObject.namespace",
        "involvedObject.uid",
        "reason",
        "type",
    ),
    "secrets": ("type",),
    "namespaces": ("status.phase",),
    "jobs.batch": ("status.successful",),
}


def check_fields(resource: Resource, fields: str) -> None:
    """Raise Refused for a field that a real server cannot select by."""
    for part in fields.split(","):
        key = _EQUAL.split(part.strip())[0]
        if key and key not in (*_ALWAYS, *_FIELDS.get(resource.full_name, ())):
            known = 'only "metadata.name", "metadata.namespace"'
            raise Refused(bad_request(f'"{key}" is not a known field selector: {known}'))


def is_selected(body: dict[str, Any], labels: str, fields: str) -> bool:
    """Whether both selectors let the object through."""
    own = body["metadata"].get("labels") or {}
    by_labels = all(_fits(one.strip(), own) for one in _PARTS.split(labels) if one.strip())
    return by_labels and all(
        _has_field(body, one.strip()) for one in fields.split(",") if one.strip()
    )


def _fits(part: str, labels: dict[str, str]) -> bool:
    if found := _SET.fullmatch(part):
        values = {one.strip() for one in found[3].split(",")}
        is_in = labels.get(found[1]) in values
        return is_in if found[2] == "in" else not is_in
    if "!=" in part:
        key, _, value = part.partition("!=")
        return labels.get(key.strip()) != value.strip()
    if "=" in part:
        key, _, value = part.replace("==", "=").partition("=")
        return labels.get(key.strip()) == value.strip()
    if part.startswith("!"):
        return part[1:].strip() not in labels
    return part in labels


def _has_field(body: dict[str, Any], part: str) -> bool:
    key, value = _EQUAL.split(part)
    found: Any = body
    for step in key.split("."):
        found = (found or {}).get(step) if isinstance(found, dict) else None
    return ((found or "") == value) is not ("!=" in part)
