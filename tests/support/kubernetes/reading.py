"""Answers to GET: objects, lists in pages, and logs."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from tests.support.kubernetes.answers import Answer, Refused, json_answer, not_found, status
from tests.support.kubernetes.selectors import check_fields, is_selected
from tests.support.kubernetes.storage import Place

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.kinds import Resource
    from tests.support.kubernetes.request import ObjectPath, Request
    from tests.support.kubernetes.storage import Storage


def in_version(body: Body, resource: Resource, version: str) -> Body:
    """The object as another version of its group has it; only its apiVersion differs here."""
    return {**body, "apiVersion": resource.api_version(version)}


def read_object(storage: Storage, resource: Resource, path: ObjectPath, _: Request) -> Answer:
    body = storage.objects.get(Place(resource.full_name, path.namespace, path.name))
    if body is None:
        raise Refused(not_found(resource, path.name))
    return json_answer(in_version(body, resource, path.version))


def list_objects(
    storage: Storage, resource: Resource, path: ObjectPath, request: Request
) -> Answer:
    query = request.query
    selectors = query.get("labelSelector", ""), query.get("fieldSelector", "")
    check_fields(resource, selectors[1])
    found = [
        in_version(body, resource, path.version)
        for _, body in storage.of(resource.full_name, path.namespace)
        if is_selected(body, *selectors)
    ]
    start = _start(query.get("continue", ""))
    limit = int(query.get("limit") or 0) or len(found)
    metadata: dict[str, Any] = {"resourceVersion": str(storage.version)}
    if start + limit < len(found):
        metadata["continue"] = _token(start + limit)
        metadata["remainingItemCount"] = len(found) - start - limit
    page = found[start : start + limit]
    return json_answer(
        {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version(path.version),
            "metadata": metadata,
            "items": page if resource.is_custom else [_bare(one) for one in page],
        }
    )


def _bare(body: Body) -> Body:
    """Lists of built-in kinds leave out what all items have in common."""
    return {key: value for key, value in body.items() if key not in {"apiVersion", "kind"}}


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"start": start}).encode()).decode()


def _start(token: str) -> int:
    return int(json.loads(base64.urlsafe_b64decode(token))["start"]) if token else 0


def expired_list() -> Answer:
    """A list that a server forgot between two pages."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can "
        "start a new list without the continue parameter"
    )
    return status(410, "Expired", message)
