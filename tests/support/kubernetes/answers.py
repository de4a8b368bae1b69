"""What the double answers: objects, and refusals in the words of a real API server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.kubernetes.kinds import Resource


@dataclass(frozen=True)
class Answer:
    """A status, a body and headers; each of `warnings` becomes a header of its own."""

    code: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Refused(Exception):  # noqa: N818 - an answer like any other
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.decode())
        self.answer = answer


def json_answer(body: dict[str, Any], code: int = 200, **headers: str) -> Answer:
    return Answer(code, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def text_answer(code: int, text: str) -> Answer:
    return Answer(code, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


def no_such_path() -> Answer:
    return text_answer(404, "404 page not found\n")


def status(
    code: int, reason: str, message: str, details: dict[str, Any] | None = None, **headers: str
) -> Answer:
    """A `Status`; without a reason it has none, as with errors that nobody foresaw."""
    body: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
    }
    if reason:
        body["reason"] = reason
    if details is not None:
        body["details"] = details
    return json_answer({**body, "code": code}, code, **headers)


def unknown_resource() -> Answer:
    return status(404, "NotFound", "the server could not find the requested resource", {})


def not_found(resource: Resource, name: str) -> Answer:
    details = _details(resource, name)
    return status(404, "NotFound", f'{resource.full_name} "{name}" not found', details)


def no_namespace(name: str) -> Answer:
    details = {"name": name, "kind": "namespaces"}
    return status(404, "NotFound", f'namespaces "{name}" not found', details)


def terminating(resource: Resource, name: str, namespace: str) -> Answer:
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    return status(
        403,
        "Forbidden",
        f'{resource.full_name} "{name}" is forbidden: unable to create new content in namespace '
        f"{namespace} because it is being terminated",
        _details(resource, name, [cause]),
    )


def exists(resource: Resource, name: str, *, is_going: bool) -> Answer:
    before = "object is being deleted: " if is_going else ""
    message = f'{before}{resource.full_name} "{name}" already exists'
    return status(409, "AlreadyExists", message, _details(resource, name))


def outdated(resource: Resource, name: str) -> Answer:
    return status(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource.full_name} "{name}": the object has been '
        "modified; please apply your changes to the latest version and try again",
        _details(resource, name),
    )


def other_uid(resource: Resource, name: str, asked: str, there: str) -> Answer:
    return status(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource.full_kind} "{name}": the UID in the '
        f"precondition ({asked}) does not match the UID in record ({there}). The object might "
        "have been deleted and then recreated",
        {
            "name": name,
            "kind": resource.kind,
            **({"group": resource.group} if resource.group else {}),
        },
    )


def apply_conflict(conflicts: list[tuple[str, str]]) -> Answer:
    """`conflicts` are managers with the fields that they own."""
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{manager}"',
            "field": path,
        }
        for manager, path in conflicts
    ]
    count = f"{len(conflicts)} conflict{'s' if len(conflicts) > 1 else ''}"
    shown = "; ".join(f'conflict with "{manager}": {path}' for manager, path in conflicts)
    message = f"Apply failed with {count}: {shown}"
    return status(409, "Conflict", message, {"causes": causes})


def invalid(resource: Resource, name: str, causes: list[dict[str, str]]) -> Answer:
    """`causes` have reason, message and field."""
    told = [f"{one['field']}: {one['message']}" for one in causes]
    shown = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    details: dict[str, Any] = {"name": name, "kind": resource.kind, "causes": causes}
    if resource.group:
        details["group"] = resource.group
    return status(422, "Invalid", f'{resource.full_kind} "{name}" is invalid: {shown}', details)


def forbidden(resource: Resource, name: str, why: str) -> Answer:
    shown = f'{resource.full_name} "{name}"' if name else resource.full_name
    return status(403, "Forbidden", f"{shown} is forbidden: {why}", _details(resource, name))


def bad_request(message: str) -> Answer:
    return status(400, "BadRequest", message)


def unauthorized() -> Answer:
    return status(401, "Unauthorized", "Unauthorized")


def untyped(api_version: str, kind: str, name: str, told: str) -> Answer:
    """What server-side apply says of a field that is not in the schema."""
    version = api_version if "/" in api_version else f"/{api_version}"
    message = f"failed to create typed patch object (/{name}; {version}, Kind={kind}): {told}"
    return status(500, "", message)


def _details(
    resource: Resource, name: str, causes: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    details: dict[str, Any] = {"kind": resource.plural}
    if name:
        details["name"] = name
    if resource.group:
        details["group"] = resource.group
    return details if causes is None else {**details, "causes": causes}
