"""Answering one request as an API server does: who asks, what, and whether that may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.kubernetes.answers import (
    Answer,
    Refused,
    json_answer,
    no_such_path,
    text_answer,
    unauthorized,
    unknown_resource,
)
from tests.support.kubernetes.definitions import establish, forget
from tests.support.kubernetes.deleting import collect_garbage, delete_object, empty_namespaces
from tests.support.kubernetes.discovery import serve_discovery
from tests.support.kubernetes.logs import Logs
from tests.support.kubernetes.node_directories import DirectoryPods
from tests.support.kubernetes.reading import list_objects, read_object
from tests.support.kubernetes.request import ObjectPath
from tests.support.kubernetes.rights import Rights
from tests.support.kubernetes.storage import Storage
from tests.support.kubernetes.surroundings import bind_claims, call_available, fill_endpoints
from tests.support.kubernetes.workloads import Workloads
from tests.support.kubernetes.writing import Write

if TYPE_CHECKING:
    from tests.support.kubernetes.kinds import Resource
    from tests.support.kubernetes.request import Request

# All that a client may ask with; anything else is a mistake of the client's.
_PARAMETERS = {
    "GET": {"limit", "continue", "labelSelector", "fieldSelector", "resourceVersion"},
    "POST": {"fieldManager", "fieldValidation", "dryRun"},
    "PUT": {"fieldManager", "fieldValidation", "dryRun"},
    "PATCH": {"fieldManager", "fieldValidation", "dryRun", "force"},
    "DELETE": {"dryRun"},
}
_LOG_PARAMETERS = {"container", "tailLines", "previous", "limitBytes"}
_APPLY = "application/apply-patch+yaml"
_PATCHES = {"application/merge-patch+json", "application/json-patch+json", _APPLY}


class UnexpectedError(Exception):
    """A request that no client of ours should send."""


@dataclass
class ApiServer:
    """`tokens` are the bearer tokens that are known, with their users."""

    version: tuple[int, int] = (1, 32)
    storage: Storage = field(default_factory=Storage)
    rights: Rights = field(default_factory=Rights)
    logs: Logs = field(default_factory=Logs)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workloads = Workloads(self.storage)
        self.directories = DirectoryPods(self.storage, self.logs)
        self.storage.on_gone.append(lambda place, body: forget(self.storage, place, body))

    def pass_time(self) -> None:
        """What goes on in a cluster between two requests."""
        self.storage.tick += 1
        establish(self.storage)
        collect_garbage(self.storage)
        empty_namespaces(self.storage)
        bind_claims(self.storage)
        self.workloads.work()
        self.directories.work()
        fill_endpoints(self.storage)
        call_available(self.storage)

    def answer(self, request: Request) -> Answer:
        """Raises UnexpectedError."""
        self.pass_time()
        try:
            return self._answer(request)
        except Refused as refused:
            return refused.answer

    def user_of(self, request: Request) -> str:
        """Who asks. Raises Refused."""
        header = request.headers.get("Authorization", "")
        user = self.tokens.get(header.removeprefix("Bearer ").strip()) if header else request.user
        if not user:
            raise Refused(unauthorized())
        return user

    def _answer(self, request: Request) -> Answer:
        user = self.user_of(request)
        user = request.headers.get("Impersonate-User") or user
        if request.method == "GET":
            if request.path == "/version":
                return self._version()
            if request.path in {"/readyz", "/livez", "/healthz"}:
                return text_answer(200, "ok")
            found = serve_discovery(request.path, self.storage.resources.values())
            if found:
                return found
        path = ObjectPath.of(request.path)
        if path is None:
            raise UnexpectedError(f"{request.method} {request.target}")
        resource = self._resource(path)
        self._check_parameters(request, path)
        self.rights.check(request, user, resource, path)
        return self._served(request, user, resource, path)

    def _version(self) -> Answer:
        major, minor = (str(one) for one in self.version)
        return json_answer(
            {
                "major": major,
                "minor": minor,
                "gitVersion": f"v{major}.{minor}.0",
                "platform": "linux/amd64",
            }
        )

    def _resource(self, path: ObjectPath) -> Resource:
        known = self.storage.resources.values()
        if not any((one.group == path.group and path.version in one.versions) for one in known):
            raise Refused(no_such_path())
        name = f"{path.plural}.{path.group}" if path.group else path.plural
        resource = self.storage.resources.get(name)
        if resource is None or path.version not in resource.versions:
            raise Refused(unknown_resource())
        if path.subresource and path.subresource not in resource.subresources:
            raise Refused(unknown_resource())
        if resource.is_namespaced and path.name and not path.namespace:
            raise Refused(unknown_resource())
        return resource

    def _check_parameters(self, request: Request, path: ObjectPath) -> None:
        known = _LOG_PARAMETERS if path.subresource == "log" else _PARAMETERS[request.method]
        if unknown := set(request.query) - known:
            raise UnexpectedError(f"{request.method} {request.target}: {sorted(unknown)}")
        if request.method == "PATCH" and request.content_type not in _PATCHES:
            raise UnexpectedError(f"{request.method} {request.target}: {request.content_type}")

    def _served(self, request: Request, user: str, resource: Resource, path: ObjectPath) -> Answer:
        if path.subresource == "log":
            return self.logs.serve(self.storage, path, request)
        if resource.kind == "SelfSubjectAccessReview":
            return self._review(request, user)
        if request.method == "GET":
            read = read_object if path.name else list_objects
            return read(self.storage, resource, path, request)
        if request.method == "DELETE" and path.name:
            return delete_object(self.storage, resource, path, request)
        write = Write(self.storage, resource, path, request, user, self.rights)
        return self._written(write)

    def _written(self, write: Write) -> Answer:
        method, name = write.request.method, write.path.name
        if method == "POST" and not name:
            return write.create()
        if method == "PUT" and name:
            return write.replace()
        if method == "PATCH" and name:
            return self._patched(write, write.request.content_type)
        raise UnexpectedError(f"{method} {write.request.target}")

    def _patched(self, write: Write, content_type: str) -> Answer:
        if content_type == _APPLY:
            return write.apply()
        if content_type == "application/merge-patch+json":
            return write.merge_patch()
        return write.json_patch()

    def _review(self, request: Request, user: str) -> Answer:
        body = request.body
        asked = body["spec"]["resourceAttributes"]
        name, group = asked["resource"], asked.get("group", "")
        full = f"{name}.{group}" if group else name
        allowed = self.rights.allow(user, asked["verb"], full, asked.get("namespace", ""))
        return json_answer({**body, "status": {"allowed": allowed}}, 201)
