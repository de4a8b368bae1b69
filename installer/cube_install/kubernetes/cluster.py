"""A Kubernetes cluster: its objects are read, applied, changed and deleted as plain mappings."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.errors import NetworkError
from cube_install.kubernetes.api import Api, Call
from cube_install.kubernetes.discovery import Discovery, not_served
from cube_install.kubernetes.finding_access import find_access
from cube_install.kubernetes.listing import list_all
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.patience import PassingFault, Patience
from cube_install.kubernetes.refusals import InvalidError, NotFoundError, ServerFailsError
from cube_install.kubernetes.target import Target, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cube_install.kubernetes.access import ClusterAccess
    from cube_install.kubernetes.applied import Applied
    from cube_install.kubernetes.discovery import ApiKind
    from cube_install.kubernetes.refusals import FieldConflict

_CONNECT_SECONDS = 5.0
_PATIENCE = Patience()
_LOG_BYTES = 1 << 20
_NUMBER = re.compile(r"\d+")


class Cluster:
    """One cluster. Safe to use from several threads.

    All methods raise AuthenticationError, NetworkError, and the ClusterErrors of refusals.py.
    """

    def __init__(self, api: Api, version: tuple[int, int]) -> None:
        self.api = api
        self.version = version
        self._discovery = Discovery(api)

    @classmethod
    def connect(
        cls,
        kubeconfig: Path | None = None,
        context: str = "",
        *,
        patience: Patience = _PATIENCE,
        environment: Mapping[str, str] = os.environ,
    ) -> Self:
        """Reach the cluster of a kubeconfig's context; find_access() tells where one is looked for.

        Raises MissingError, UsageError, NetworkError, AuthenticationError.
        """
        return cls.at(find_access(kubeconfig, context, environment), patience)

    @classmethod
    def at(cls, access: ClusterAccess, patience: Patience = _PATIENCE) -> Self:
        """Reach the cluster by `access`. Raises UsageError, NetworkError, AuthenticationError."""
        # A wrong address shall be told soon.
        first = Api(access, patience.at_most(_CONNECT_SECONDS))
        try:
            body = first.body(Call("GET", "/version", "tell its version"))
        finally:
            first.close()
        return cls(Api(access, patience), _version(body, access))

    @property
    def server(self) -> str:
        """The API server's URL without credentials, for people."""
        return self.api.access.shown

    def close(self) -> None:
        """End every wait and close the connections; what is asked for later fails at once."""
        self.api.close()

    def kind(self, api_version: str, kind: str) -> ApiKind | None:
        """A kind in a version such as apps/v1, or None if it is not served (yet)."""
        return self._discovery.kind(api_version, kind)

    def groups(self) -> tuple[str, ...]:
        """The API groups that the server has, beside the core one."""
        return self._discovery.groups()

    def kinds(self, group: str) -> tuple[ApiKind, ...]:
        """A group's kinds, each in the version that get() and list() use."""
        return self._discovery.kinds(group)

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        """The object, in the version of its group that the server prefers.

        None if there is none, or no such kind.
        """
        kind = self._discovery.preferred(key.group, key.kind)
        return Target(self.api, kind, key).read() if kind else None

    def list(
        self, group: str, kind: str, *, namespace: str = "", labels: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """All objects of a kind, of one namespace or all, that `labels` and `fields` select.

        Each has its apiVersion and kind. Empty if there is no such kind.
        """
        known = self._discovery.preferred(group, kind)
        if known is None:
            return []
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        return list_all(self.api, known, namespace, selectors)

    def apply(self, body: dict[str, Any]) -> Applied:
        """Make the object be as `body` says, whoever else owns its fields (server-side apply).

        Fields that were in an earlier `body` and are not in this one go. What kubectl applied on
        the client's side is taken over first. A kind whose definition was applied just before is
        waited for. Neither `status` nor `metadata.managedFields` belongs into `body`.
        """
        applied = self._target(body).apply(body, self._discovery)
        if body["kind"] == "CustomResourceDefinition":
            self._discovery.expect(applied.body)
        return applied

    def dry_apply(self, body: dict[str, Any]) -> Applied:
        """What apply() would make of the object; nothing is changed.

        Raises NotServedError and NotFoundError for a kind and a namespace that are not there yet.
        """
        return self._target(body).dry_apply(body)

    def conflicts(self, body: dict[str, Any]) -> tuple[FieldConflict, ...]:
        """Which fields apply() would take from other managers; nothing is changed."""
        return self._target(body).conflicts(body)

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make the object. Raises AlreadyExistsError."""
        return self._target(body).create(body)

    def replace(self, body: dict[str, Any]) -> dict[str, Any]:
        """Put `body` in the place of the object, if that still has its resourceVersion.

        Raises OutdatedError, NotFoundError.
        """
        return self._target(body).replace(body)

    def patch(
        self, key: ObjectKey, patch: dict[str, Any], *, subresource: str = ""
    ) -> dict[str, Any]:
        """Merge `patch` into the object (RFC 7396: null deletes, lists are replaced).

        Raises NotFoundError, NotServedError.
        """
        kind = self._discovery.preferred(key.group, key.kind)
        if kind is None:
            raise not_served(key.group, key.kind)
        return Target(self.api, kind, key).patch(patch, subresource)

    def delete(self, key: ObjectKey, *, propagation: str = "Background", uid: str = "") -> bool:
        """Delete the object, if it has that `uid`; what it owns goes as `propagation` says.

        False if it was not there. Finalizers may hold it for a while.
        """
        kind = self._discovery.preferred(key.group, key.kind)
        return kind is not None and Target(self.api, kind, key).delete(propagation, uid)

    def logs(
        self, namespace: str, pod: str, container: str, *, lines: int, of_previous: bool = False
    ) -> str:
        """The last lines of a container's log.

        Empty where there are none (yet), and where the node cannot be asked: a log only adds to
        what is known. `of_previous` asks for the run before its last restart.
        """
        query = {"container": container, "tailLines": str(lines), "limitBytes": str(_LOG_BYTES)}
        if of_previous:
            query["previous"] = "true"
        pods = self._discovery.awaited("v1", "Pod")
        path = f"{pods.path(namespace, pod)}/log"
        try:
            reply = self.api.tried(
                Call("GET", path, f"read the log of pod {namespace}/{pod}", query)
            )
        except (NotFoundError, InvalidError, ServerFailsError, PassingFault):
            return ""
        return reply.raw.decode("utf-8", "replace")

    def allows(self, verb: str, group: str, resource: str, namespace: str = "") -> bool:
        """Whether this user may do that; in all namespaces where `namespace` is empty."""
        asked = {"verb": verb, "group": group, "resource": resource, "namespace": namespace}
        kind = "SelfSubjectAccessReview"
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": kind,
            "spec": {"resourceAttributes": asked},
        }
        path = self._discovery.awaited("authorization.k8s.io/v1", kind).path()
        body = self.api.body(Call("POST", path, "tell what this user may do", {}, as_json(review)))
        return bool(body["status"].get("allowed"))

    def _target(self, body: dict[str, Any]) -> Target:
        kind = self._discovery.awaited(body["apiVersion"], body["kind"])
        return Target(self.api, kind, ObjectKey.of(body))


def _version(body: dict[str, Any], access: ClusterAccess) -> tuple[int, int]:
    """Distributions write the minor version as 28+."""
    parts = [_NUMBER.match(str(body.get(name))) for name in ("major", "minor")]
    major, minor = (int(found[0]) if found else 0 for found in parts)
    if not major:
        raise NetworkError(
            f"{access.shown} does not tell its version as a Kubernetes API server does",
            remedy="check the server's address in the kubeconfig",
        )
    return major, minor
