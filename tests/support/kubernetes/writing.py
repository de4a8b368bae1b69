"""Answers to POST, PUT and PATCH."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.support.kubernetes.answers import (
    Answer,
    Refused,
    bad_request,
    exists,
    json_answer,
    no_namespace,
    not_found,
    outdated,
    terminating,
)
from tests.support.kubernetes.managed_fields import Owner, applied, updated
from tests.support.kubernetes.reading import in_version
from tests.support.kubernetes.rights import lacking
from tests.support.kubernetes.storage import Place, now
from tests.support.kubernetes.validation import (
    check_change,
    check_identity,
    check_name,
    check_strictly,
    check_typed,
)

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body, Json
    from tests.support.kubernetes.kinds import Resource
    from tests.support.kubernetes.request import ObjectPath, Request
    from tests.support.kubernetes.rights import Rights
    from tests.support.kubernetes.storage import Storage


@dataclass(frozen=True)
class Write:
    """One request that changes the object at `path`."""

    storage: Storage
    resource: Resource
    path: ObjectPath
    request: Request
    user: str
    rights: Rights

    @property
    def name(self) -> str:
        return self.path.name or str(self.request.body["metadata"]["name"])

    @property
    def place(self) -> Place:
        return Place(self.resource.full_name, self.path.namespace, self.name)

    @property
    def live(self) -> Body | None:
        return self.storage.objects.get(self.place)

    def owner(self, operation: str) -> Owner:
        version = self.resource.api_version(self.path.version)
        manager = self.request.manager
        return Owner(manager, operation, version, frozenset(), self.path.subresource, now())

    def required(self) -> Body:
        if self.live is None:
            raise Refused(not_found(self.resource, self.name))
        return in_version(self.live, self.resource, self.path.version)

    def apply(self) -> Answer:
        """PATCH with application/apply-patch+yaml."""
        config = self._sent()
        if config["metadata"].get("managedFields"):
            raise Refused(bad_request("metadata.managedFields must be nil"))
        check_typed(config)
        self._check_version(config)
        config["metadata"] = {
            key: value for key, value in config["metadata"].items() if key != "resourceVersion"
        }
        if self.live is None:
            if not self.rights.allow(
                self.user, "create", self.resource.full_name, self.path.namespace
            ):
                raise Refused(lacking(self.user, "create", self.resource, self.path))
            self._check_namespace()
            base = {
                "apiVersion": config["apiVersion"],
                "kind": config["kind"],
                "metadata": {"name": self.name},
            }
        else:
            base = self.required()
        force = self.request.query.get("force") == "true"
        custom = self.resource.is_custom
        return self._keep(applied(base, config, self.owner("Apply"), force=force, is_custom=custom))

    def create(self) -> Answer:
        body = self._sent()
        if self.request.query.get("fieldValidation") == "Strict":
            check_strictly(self.resource, body)
        self._check_namespace()
        if self.live is not None:
            is_going = "deletionTimestamp" in self.live["metadata"]
            raise Refused(exists(self.resource, self.name, is_going=is_going))
        body["metadata"].pop("managedFields", None)
        nothing: Body = {"metadata": {}}
        custom = self.resource.is_custom
        return self._keep(updated(nothing, body, self.owner("Update"), is_custom=custom))

    def replace(self) -> Answer:
        body = self._sent()
        self._check_version(body)
        return self._update(body)

    def merge_patch(self) -> Answer:
        """PATCH with application/merge-patch+json (RFC 7396)."""
        patched = _merge_patched(self.required(), self.request.body)
        return self._update(patched)

    def json_patch(self) -> Answer:
        """PATCH with application/json-patch+json, as far as `replace` and `remove` go."""
        body = json.loads(json.dumps(self.required()))
        for operation in self.request.body:
            *steps, last = operation["path"].strip("/").replace("~1", "/").split("/")
            at = body
            for step in steps:
                at = at[int(step) if isinstance(at, list) else step]
            assert operation["op"] in {"add", "replace", "remove"}, operation
            if operation["op"] == "remove":
                del at[last]
            else:
                at[last] = operation["value"]
        self._check_version(body)
        return self._update(body)

    def _update(self, body: Body) -> Answer:
        old = self.required()
        if not body["metadata"].get("managedFields"):
            entries = old["metadata"].get("managedFields")
            body = {**body, "metadata": {**body["metadata"], "managedFields": entries}}
        fixed = ("uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp")
        kept = {key: old["metadata"][key] for key in fixed if key in old["metadata"]}
        body = {**body, "metadata": {**body["metadata"], **kept}}
        if self.path.subresource == "status":
            body = {**old, "status": body.get("status")}
        elif "status" in self.resource.subresources:
            body = {**body, "status": old.get("status")}
        custom = self.resource.is_custom
        return self._keep(updated(old, body, self.owner("Update"), is_custom=custom))

    def _sent(self) -> Body:
        body: Body = self.request.body
        check_identity(body, self.path.namespace, self.path.name)
        body = {**body, "metadata": dict(body["metadata"])}
        texts = body.pop("stringData", None) if self.resource.full_name == "secrets" else None
        if texts:
            coded = {key: base64.b64encode(one.encode()).decode() for key, one in texts.items()}
            body["data"] = {**(body.get("data") or {}), **coded}
        return body

    def _check_version(self, body: Body) -> None:
        version = body["metadata"].get("resourceVersion")
        live = self.live
        if version and (live is None or live["metadata"]["resourceVersion"] != version):
            raise Refused(outdated(self.resource, self.name))

    def _check_namespace(self) -> None:
        namespace = self.path.namespace
        if not namespace:
            return
        home = self.storage.objects.get(Place("namespaces", "", namespace))
        if home is None:
            raise Refused(no_namespace(namespace))
        if "deletionTimestamp" in home["metadata"]:
            raise Refused(terminating(self.resource, self.name, namespace))

    def _keep(self, body: Body) -> Answer:
        body = _completed(self.resource, body, self.path.namespace)
        check_name(self.resource, self.name)
        live = self.live
        if live is not None:
            check_change(self.resource, live, body)
        if self.request.is_dry:
            shown = (
                {**body["metadata"], "resourceVersion": "0"} if live is None else body["metadata"]
            )
            return self._answer({**body, "metadata": shown}, 200 if live else 201)
        if live is None:
            return self._answer(self.storage.add(self.place, body), 201)
        version = live["metadata"]["resourceVersion"]
        kept = self.storage.change(self.place, {**body, "apiVersion": live["apiVersion"]})
        if kept["metadata"]["resourceVersion"] != version and not self.path.subresource:
            self.storage.touched[self.place] = self.storage.tick
        return self._answer(kept, 200)

    def _answer(self, body: Body, code: int) -> Answer:
        answer = json_answer(in_version(body, self.resource, self.path.version), code)
        return replace(answer, warnings=self._warnings(body))

    def _warnings(self, body: Body) -> tuple[str, ...]:
        """Namespaces can ask for warnings of pods that may too much."""
        home = self.storage.objects.get(Place("namespaces", "", self.path.namespace))
        labels = (home or {"metadata": {}})["metadata"].get("labels") or {}
        level = labels.get("pod-security.kubernetes.io/warn")
        template = (body.get("spec") or {}).get("template") or {}
        if not level or "containers" not in (template.get("spec") or {}):
            return ()
        name = template["spec"]["containers"][0]["name"]
        rule = "must set securityContext.allowPrivilegeEscalation=false"
        return (
            (
                f'would violate PodSecurity "{level}:latest": allowPrivilegeEscalation != false '
                f'(container "{name}" {rule})'
            ),
        )


def _completed(resource: Resource, body: Body, namespace: str) -> Body:
    """What a server fills in."""
    metadata = body["metadata"] | ({"namespace": namespace} if namespace else {})
    body = {**body, "metadata": metadata}
    name = metadata["name"]
    if resource.full_name == "namespaces":
        labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": name}
        body = {
            **body,
            "metadata": {**metadata, "labels": labels},
            "spec": body.get("spec") or {"finalizers": ["kubernetes"]},
            "status": body.get("status") or {"phase": "Active"},
        }
    if resource.full_name == "secrets":
        body = {"type": "Opaque", **body}
    if resource.full_name == "customresourcedefinitions.apiextensions.k8s.io":
        return _defined(body)
    return body


def _defined(body: Body) -> Body:
    names = {"plural": "", "kind": ""}
    stored = [one["name"] for one in body["spec"]["versions"] if one["storage"]]
    fresh = {"conditions": None, "acceptedNames": names, "storedVersions": stored}
    return {**body, "status": body.get("status") or fresh}


def _merge_patched(target: Json, patch: Json) -> Json:
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge_patched(result.get(key), value)
    return result
