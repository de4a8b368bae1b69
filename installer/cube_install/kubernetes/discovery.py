"""Which kinds a cluster serves, and at which paths."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cube_airgap.errors import UsageError
from cube_install.kubernetes.api import Call
from cube_install.kubernetes.patience import PassingFault
from cube_install.kubernetes.refusals import NotServedError
from cube_install.kubernetes.status import Status

if TYPE_CHECKING:
    from cube_install.kubernetes.api import Api


@dataclass(frozen=True, slots=True)
class ApiKind:
    """A kind in one version of its group, as discovery describes it."""

    group: str
    version: str
    kind: str
    plural: str
    is_namespaced: bool
    verbs: frozenset[str]

    @property
    def api_version(self) -> str:
        """As objects have it: GROUP/VERSION, or VERSION in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def name(self) -> str:
        """PLURAL.GROUP, as rights and people have it; PLURAL in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of an object, or of all without a `name`; all namespaces without one.

        Raises UsageError for an object that lacks its namespace.
        """
        if self.is_namespaced and name and not namespace:
            raise UsageError(
                f"{self.kind} {name} has no namespace, and is of a kind that needs one",
                remedy="write metadata.namespace",
            )
        parts = [self.plural, *([name] if name else [])]
        if self.is_namespaced and namespace:
            parts = ["namespaces", namespace, *parts]
        return f"{version_path(self.api_version)}/{'/'.join(quote(one, safe='') for one in parts)}"


def version_path(api_version: str) -> str:
    """The root of an API version."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


class Discovery:
    """What the server tells of its kinds, asked for once and again for what is not there.

    Safe to use from several threads.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._versions: dict[str, dict[str, ApiKind]] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        self._expected: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def expect(self, definition: dict[str, Any]) -> None:
        """A CustomResourceDefinition was applied: its kind is served within moments."""
        spec = definition["spec"]
        key = (spec["group"], spec["names"]["kind"])
        with self._lock:
            self._expected[key] = time.monotonic() + self._api.retries.patience.served
            for version in spec["versions"]:
                self._versions.pop(f"{spec['group']}/{version['name']}", None)

    def kind(self, api_version: str, kind: str) -> ApiKind | None:
        """The kind in that version, or None if it is not served (yet). Raises AirgapError."""
        with self._lock:
            known = self._versions.get(api_version, {}).get(kind)
        return known or self._asked(api_version).get(kind)

    def preferred(self, group: str, kind: str) -> ApiKind | None:
        """The kind in the version that the server prefers among those that have it."""
        with self._lock:
            versions = self._groups.get(group, ())
        found = (known for one in versions if (known := self.kind(one, kind)))
        if first := next(found, None):
            return first
        found = (known for one in self._versions_of(group) if (known := self.kind(one, kind)))
        return next(found, None)

    def groups(self) -> tuple[str, ...]:
        """The groups that the server has, beside the core one. Raises AirgapError."""
        body = self._api.body(Call("GET", "/apis", "tell its API groups"))
        found = {one["name"]: _versions_in(one) for one in body.get("groups") or ()}
        with self._lock:
            self._groups.update(found)
        return tuple(found)

    def kinds(self, group: str) -> tuple[ApiKind, ...]:
        """A group's kinds, each in the version that preferred() chooses; none if there is no such.

        Raises AirgapError, also for a version that the group names and nobody serves.
        """
        with self._lock:
            versions = self._groups.get(group, ())
        found: dict[str, ApiKind] = {}
        for version in versions or self._versions_of(group):
            found = self._told(version) | found
        return tuple(found.values())

    def awaited(self, api_version: str, kind: str) -> ApiKind:
        """As kind(), but waits for one that is expected. Raises NotServedError."""
        return self._api.retries.run(lambda: self._required(api_version, kind))

    def is_expected(self, group: str, kind: str) -> bool:
        """Whether its definition was applied within the last moments."""
        with self._lock:
            return time.monotonic() < self._expected.get((group, kind), 0.0)

    def _required(self, api_version: str, kind: str) -> ApiKind:
        if found := self.kind(api_version, kind):
            return found
        group = api_version.rpartition("/")[0]
        error = not_served(api_version, kind)
        if self.is_expected(group, kind):
            raise PassingFault(error, patience=self._api.retries.patience.served)
        raise error

    def _asked(self, api_version: str) -> dict[str, ApiKind]:
        """As _told(); none of a version that is not served (yet)."""
        try:
            return self._told(api_version)
        except NotServedError:
            return {}

    def _told(self, api_version: str) -> dict[str, ApiKind]:
        """All kinds of a version, as the server tells now."""
        call = Call("GET", version_path(api_version), f"tell what is in {api_version}")
        body = self._api.body(call)
        group, _, version = api_version.rpartition("/")
        found = {
            one["kind"]: ApiKind(
                group,
                version,
                one["kind"],
                one["name"],
                one["namespaced"],
                frozenset(one.get("verbs") or ()),
            )
            for one in body.get("resources") or ()
            if "/" not in one["name"]  # subresources
        }
        with self._lock:
            self._versions[api_version] = found
        return found

    def _versions_of(self, group: str) -> tuple[str, ...]:
        """The group's versions, the preferred one first."""
        if not group:
            return ("v1",)
        try:
            body = self._api.body(Call("GET", f"/apis/{group}", f"tell what is in {group}"))
        except NotServedError:
            return ()
        versions = _versions_in(body)
        with self._lock:
            self._groups[group] = versions
        return versions


def _versions_in(group: dict[str, Any]) -> tuple[str, ...]:
    """Those of an APIGroup, the preferred one first."""
    first = (group.get("preferredVersion") or {}).get("groupVersion", "")
    served = [one["groupVersion"] for one in group.get("versions") or ()]
    return tuple(sorted(served, key=lambda one: one != first))


def not_served(api_version: str, kind: str) -> NotServedError:
    """The error for a kind that discovery does not have."""
    return NotServedError(
        f"the cluster serves no {kind} in {api_version}",
        Status(404),
        remedy="the version may be too old or too new for this cluster, or the "
        "CustomResourceDefinition, or what is behind an APIService, is missing",
    )
