"""What a real server refuses in an object, as far as tests need it, in its words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.support.kubernetes.answers import Refused, bad_request, forbidden, invalid, untyped

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Json
    from tests.support.kubernetes.kinds import Resource

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_COMMON = {"apiVersion", "kind", "metadata", "status"}
# The fields of some kinds: what is not among them is a typing error.
_TOP = {
    "ConfigMap": {"data", "binaryData", "immutable"},
    "Secret": {"data", "stringData", "type", "immutable"},
    "Namespace": {"spec"},
    "ServiceAccount": {"secrets", "imagePullSecrets", "automountServiceAccountToken"},
    **{kind: {"spec"} for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "Service")},
}
_SPEC = {
    "Deployment": {
        "minReadySeconds",
        "paused",
        "progressDeadlineSeconds",
        "replicas",
        "revisionHistoryLimit",
        "selector",
        "strategy",
        "template",
    }
}
_SUBRESOURCE_FREE = "the name of the object ({}) does not match the name on the URL ({})"


def check_identity(body: dict[str, Any], namespace: str, name: str) -> None:
    metadata = body.get("metadata") or {}
    if name and metadata.get("name", name) != name:
        raise Refused(bad_request(_SUBRESOURCE_FREE.format(metadata["name"], name)))
    if namespace and metadata.get("namespace", namespace) != namespace:
        raise Refused(
            bad_request(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        )


def check_name(resource: Resource, name: str) -> None:
    rbac = resource.group == "rbac.authorization.k8s.io"  # may have colons
    if not rbac and not _NAME.fullmatch(name):
        rule = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'-' or '.', and must start and end with an alphanumeric character (e.g. "
            f"'example.com', regex used for validation is '{_NAME.pattern}')"
        )
        message = f'Invalid value: "{name}": {rule}'
        cause = {"reason": "FieldValueInvalid", "message": message, "field": "metadata.name"}
        raise Refused(invalid(resource, name, [cause]))


def check_typed(body: dict[str, Any]) -> None:
    """What server-side apply finds in a body by its schema."""
    kind = body["kind"]
    if "." in body["apiVersion"]:
        return
    tops = _TOP.get(kind)
    _check_fields(body, body, "", tops and tops | _COMMON)
    _check_fields(body, body.get("spec") or {}, ".spec", _SPEC.get(kind))


def _check_fields(
    body: dict[str, Any], fields: dict[str, Any], at: str, known: set[str] | None
) -> None:
    unknown = [key for key in fields if known and key not in known]
    if unknown:
        told = f"{at}.{unknown[0]}: field not declared in schema"
        name = body["metadata"]["name"]
        raise Refused(untyped(body["apiVersion"], body["kind"], name, told))


def check_strictly(resource: Resource, body: dict[str, Any]) -> None:
    """What creating with strict field validation finds."""
    known = _TOP.get(body["kind"])
    unknown = [key for key in body if known and key not in known | _COMMON]
    if unknown and not resource.is_custom:
        kind, version = body["kind"], body["apiVersion"].rpartition("/")[2]
        fields = ", ".join(f'unknown field "{key}"' for key in unknown)
        raise Refused(
            bad_request(
                f'{kind} in version "{version}" cannot be handled as a {kind}: strict decoding '
                f"error: {fields}"
            )
        )


def check_change(resource: Resource, old: dict[str, Any], new: dict[str, Any]) -> None:
    """What cannot be changed in place."""
    name = new["metadata"]["name"]
    if resource.full_name == "persistentvolumeclaims":
        _check_claim(resource, old, new)
    causes = [
        {"reason": reason, "message": message, "field": field}
        for path, reason, field, message in _IMMUTABLE.get(resource.full_name, ())
        if _at(old, path) != _at(new, path)
        for message in [message.format(json.dumps(_at(new, path), separators=(",", ":")))]
    ]
    if resource.full_name == "statefulsets.apps" and _frozen(old) != _frozen(new):
        causes.append(_STATEFUL)
    if (
        resource.full_name == "configmaps"
        and old.get("immutable")
        and old.get("data") != new.get("data")
    ):
        causes.append(
            {
                "reason": "FieldValueForbidden",
                "message": "Forbidden: field is immutable when `immutable` is set",
                "field": "data",
            }
        )
    if causes:
        raise Refused(invalid(resource, name, causes))


def _check_claim(resource: Resource, old: dict[str, Any], new: dict[str, Any]) -> None:
    name = new["metadata"]["name"]
    sizes = [one["spec"]["resources"]["requests"]["storage"] for one in (old, new)]
    rest = [{**one["spec"], "resources": None, "volumeName": None} for one in (old, new)]
    if rest[0] != rest[1]:
        message = (
            "Forbidden: spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims\n@@ -1,6 +1,6 @@\n {\n"
        )
        cause = {"reason": "FieldValueForbidden", "message": message, "field": "spec"}
        raise Refused(invalid(resource, name, [cause]))
    if sizes[0] != sizes[1]:
        why = (
            "only dynamically provisioned pvc can be resized and the storageclass that provisions "
            "the pvc must support resize"
        )
        raise Refused(forbidden(resource, name, why))


def _frozen(body: dict[str, Any]) -> dict[str, Any]:
    free = {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
    return {key: value for key, value in body["spec"].items() if key not in free}


def _at(body: dict[str, Any], path: str) -> Json:
    found: Json = body
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


_VALUE, _FORBIDDEN = "FieldValueInvalid", "FieldValueForbidden"
_FIXED = "Invalid value: {}: field is immutable"
_STATEFUL = {
    "reason": _FORBIDDEN,
    "message": "Forbidden: updates to statefulset spec for fields other than 'replicas', "
    "'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    "field": "spec",
}
# By kind: path, reason, field and message; {} stands for the value.
_IMMUTABLE: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "deployments.apps": (("spec.selector", _VALUE, "spec.selector", _FIXED),),
    "daemonsets.apps": (("spec.selector", _VALUE, "spec.selector", _FIXED),),
    "jobs.batch": (("spec.template", _VALUE, "spec.template", _FIXED),),
    "secrets": (("type", _VALUE, "type", _FIXED),),
    "persistentvolumes": tuple(
        (
            f"spec.{source}",
            _FORBIDDEN,
            "spec.persistentvolumesource",
            "Forbidden: spec.persistentvolumesource is immutable after creation\n@@ -2,7 +2,7 @@\n",
        )
        for source in ("hostPath", "nfs", "local", "csi")
    ),
    "priorityclasses.scheduling.k8s.io": (
        ("value", _FORBIDDEN, "value", "Forbidden: may not be changed in an update."),
    ),
    "storageclasses.storage.k8s.io": tuple(
        (name, _FORBIDDEN, name, f"Forbidden: updates to {name} are forbidden.")
        for name in ("parameters", "provisioner")
    ),
    **{
        f"{plural}.rbac.authorization.k8s.io": (
            ("roleRef", _VALUE, "roleRef", "Invalid value: {}: cannot change roleRef"),
        )
        for plural in ("rolebindings", "clusterrolebindings")
    },
}
