"""What users may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.kubernetes.answers import Refused, forbidden

if TYPE_CHECKING:
    from tests.support.kubernetes.answers import Answer
    from tests.support.kubernetes.kinds import Resource
    from tests.support.kubernetes.request import ObjectPath, Request

# Users that may nothing.
POWERLESS = {"nobody-at-all"}
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass
class Rights:
    """All is allowed but what is in `withheld`: verb, PLURAL.GROUP, and namespace or * for all."""

    withheld: set[tuple[str, str, str]] = field(default_factory=set)

    def allow(self, user: str, verb: str, resource: str, namespace: str) -> bool:
        if user in POWERLESS:
            return False
        return not {(verb, resource, namespace), (verb, resource, "*")} & self.withheld

    def check(self, request: Request, user: str, resource: Resource, path: ObjectPath) -> None:
        """Raise Refused for what the user may not do."""
        verb = verb_of(request, path)
        part = f"/{path.subresource}" if path.subresource else ""
        if not self.allow(user, verb, resource.full_name + part, path.namespace):
            raise Refused(lacking(user, verb, resource, path))


def verb_of(request: Request, path: ObjectPath) -> str:
    if request.method == "GET":
        return "get" if path.name else "list"
    return _VERBS[request.method]


def lacking(user: str, verb: str, resource: Resource, path: ObjectPath) -> Answer:
    part = f"/{path.subresource}" if path.subresource else ""
    place = f'in the namespace "{path.namespace}"' if path.namespace else "at the cluster scope"
    why = (
        f'User "{user}" cannot {verb} resource "{resource.plural}{part}" in API group '
        f'"{resource.group}" {place}'
    )
    return forbidden(resource, path.name, why)
