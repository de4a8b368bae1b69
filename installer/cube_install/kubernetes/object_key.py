"""The identity of an object in a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """One object; `namespace` is empty where it has none.

    Versions of one API group name the same object, so `group` and not `apiVersion` counts.
    """

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """The identity of the object that `body` describes; raises KeyError where it lacks one."""
        metadata = body["metadata"]
        group, slash, _ = body["apiVersion"].partition("/")
        namespace = metadata.get("namespace", "")
        return cls(group if slash else "", body["kind"], namespace, metadata["name"])

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{kind} {place}"
