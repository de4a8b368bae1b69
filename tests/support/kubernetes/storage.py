"""The objects of the double, each in one version, with one counter for all their changes."""

from __future__ import annotations

import json
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from tests.support.kubernetes.kinds import BUILT_IN, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.kubernetes.json_types import Body


class Place(NamedTuple):
    """Where an object is: its kind's PLURAL.GROUP, its namespace or nothing, and its name."""

    resource: str
    namespace: str
    name: str


@dataclass
class Storage:
    """`tick` counts requests: what takes a while takes some of them.

    `changes` counts by kind what was added, changed and dropped, `goings` what was dropped or is
    about to be; controllers rest as long as these stay.
    """

    resources: dict[str, Resource] = field(
        default_factory=lambda: {one.full_name: one for one in BUILT_IN}
    )
    objects: dict[Place, Body] = field(default_factory=dict)
    by_kind: dict[str, dict[Place, Body]] = field(default_factory=lambda: defaultdict(dict))
    changes: Counter[str] = field(default_factory=Counter)
    goings: int = 0
    collected: int = 0
    filled: int = 0
    born: dict[Place, int] = field(default_factory=dict)
    touched: dict[Place, int] = field(default_factory=dict)
    version: int = 100
    tick: int = 0
    on_gone: list[Callable[[Place, Body], None]] = field(default_factory=list)

    def resource_of(self, group: str, kind: str) -> Resource:
        return next(
            one for one in self.resources.values() if (one.group, one.kind) == (group, kind)
        )

    def place_of(self, body: Body) -> Place:
        group, slash, _ = body["apiVersion"].partition("/")
        resource = self.resource_of(group if slash else "", body["kind"])
        namespace = body["metadata"].get("namespace", "") if resource.is_namespaced else ""
        return Place(resource.full_name, namespace, body["metadata"]["name"])

    def of(self, resource: str, namespace: str = "") -> Iterator[tuple[Place, Body]]:
        """All objects of a kind, sorted, of one namespace or all."""
        here = self.by_kind[resource]
        for place in sorted(one for one in here if namespace in {"", one.namespace}):
            yield place, here[place]

    def add(self, place: Place, body: Body) -> Body:
        """Keep a new object; it gets what the server gives to each."""
        metadata = {
            **body["metadata"],
            "uid": str(uuid.uuid4()),
            "creationTimestamp": now(),
            "generation": 1,
        }
        metadata.pop("resourceVersion", None)
        self.born[place] = self.tick
        return self._keep(place, {**body, "metadata": metadata})

    def change(self, place: Place, body: Body) -> Body:
        """Put `body` in the place of the object, unless nothing differs."""
        old = self.objects[place]
        if _meant(old) == _meant(body):
            return old
        metadata = {**body["metadata"]}
        if old.get("spec") != body.get("spec"):
            metadata["generation"] = old["metadata"].get("generation", 1) + 1
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            self.drop(place)
            return {**body, "metadata": metadata}
        return self._keep(place, {**body, "metadata": metadata})

    def set_status(self, place: Place, status: Body) -> None:
        """What a controller says of an object."""
        self.change(place, {**self.objects[place], "status": status})

    def drop(self, place: Place) -> None:
        body = self.objects.pop(place)
        del self.by_kind[place.resource][place]
        self.version += 1
        self.changes[place.resource] += 1
        self.goings += 1
        self.born.pop(place, None)
        self.touched.pop(place, None)
        for told in self.on_gone:
            told(place, body)

    def age(self, place: Place) -> int:
        """How many requests there were since the object was made."""
        return self.tick - self.born[place]

    def rest(self, place: Place) -> int:
        """How many requests there were since the object was last changed by a client."""
        return self.tick - self.touched.get(place, self.born[place])

    def _keep(self, place: Place, body: Body) -> Body:
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        kept: Body = json.loads(json.dumps(body))
        self.objects[place] = self.by_kind[place.resource][place] = kept
        self.changes[place.resource] += 1
        self.goings += "deletionTimestamp" in kept["metadata"]
        return kept


def _meant(body: Body) -> Body:
    """`body` without what differs from moment to moment."""
    metadata = dict(body["metadata"])
    for name in ("resourceVersion", "generation"):
        metadata.pop(name, None)
    metadata["managedFields"] = [
        {**entry, "time": ""} for entry in metadata.get("managedFields") or ()
    ]
    return {**body, "metadata": metadata}


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
