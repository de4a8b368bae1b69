"""Sets of an object's fields, as `managedFields` has them (FieldsV1, structured-merge-diff v4).

A path is a tuple of elements: `f:name`, `k:{"name":"x"}` for an item of a list with keys, `v:"x"`
for an item of a set. Lists and maps that are not known here are treated as one value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kubernetes.json_types import Json

Path = tuple[str, ...]
FieldSet = frozenset[Path]

# Lists of built-in kinds whose items have an identity, by the name of the field.
_KEYED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("containers", "initContainers", "env", "volumes", "imagePullSecrets", "webhooks"),
        ("name",),
    ),
    "conditions": ("type",),
    "hostAliases": ("ip",),
    "ownerReferences": ("uid",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeMounts": ("mountPath",),
}
_SETS = {"finalizers"}
_ATOMIC_MAPS = {
    "configMapKeyRef",
    "fieldRef",
    "nodeSelector",
    "resourceFieldRef",
    "roleRef",
    "secretKeyRef",
    "selector",
}
# What belongs to no manager.
_UNMANAGED = {("f:apiVersion",), ("f:kind",)} | {
    ("f:metadata", f"f:{name}")
    for name in (
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "managedFields",
        "name",
        "namespace",
        "resourceVersion",
        "uid",
    )
}


def fields_of(body: dict[str, Any], *, is_custom: bool) -> FieldSet:
    """All fields of an object that managers can own."""
    found = _paths(body, (), is_custom=is_custom)
    return frozenset(
        path for path in found if path[:2] not in _UNMANAGED and path not in _UNMANAGED
    )


def keys_of(name: str, items: list[Any], *, is_custom: bool) -> tuple[str, ...]:
    """The names of the fields that tell the items of the list `name` apart; () for none."""
    if not items or not all(isinstance(one, dict) for one in items):
        return ()
    if name == "ports" and not is_custom:
        first = next((key for key in ("containerPort", "port") if key in items[0]), "")
        return (first, "protocol") if first else ()
    metadata = name in {"ownerReferences"}
    return () if is_custom and not metadata else _KEYED.get(name, ())


def item_key(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The element of an item in a list with keys."""
    values = {key: item.get(key, "TCP" if key == "protocol" else None) for key in keys}
    return "k:" + json.dumps(values, separators=(",", ":"), sort_keys=True)


def is_set(name: str) -> bool:
    return name in _SETS


def is_atomic_map(name: str, value: dict[str, Any], *, is_custom: bool) -> bool:
    return not value or (not is_custom and name in _ATOMIC_MAPS)


def _paths(value: Json, path: Path, *, is_custom: bool) -> Iterator[Path]:
    name = path[-1].removeprefix("f:") if path else ""
    if isinstance(value, dict) and not (path and is_atomic_map(name, value, is_custom=is_custom)):
        for key, below in value.items():
            if below is not None:
                yield from _paths(below, (*path, f"f:{key}"), is_custom=is_custom)
    elif isinstance(value, list) and is_set(name):
        for one in value:
            yield (*path, f"v:{json.dumps(one)}")
    elif isinstance(value, list) and (keys := keys_of(name, value, is_custom=is_custom)):
        for one in value:
            place = (*path, item_key(one, keys))
            yield place
            yield from _paths(one, place, is_custom=is_custom)
    else:
        yield path


def to_fields_v1(fields: FieldSet) -> dict[str, Any]:
    """The tree that stands for a set; `.` marks an item that is itself in it."""
    tree: dict[str, Any] = {}
    for path in sorted(fields):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
        if path[-1].startswith("k:"):
            node["."] = {}
    return tree


def from_fields_v1(tree: dict[str, Any], path: Path = ()) -> FieldSet:
    found: set[Path] = set()
    for element, below in tree.items():
        if element == ".":
            found.add(path)
        elif not below:
            found.add((*path, element))
        else:
            found |= from_fields_v1(below, (*path, element))
    return frozenset(found)


def shown(path: Path) -> str:
    """A path as messages have it: .spec.containers[name="c"].image."""
    text = ""
    for element in path:
        kind, rest = element[:2], element[2:]
        if kind == "f:":
            text += f".{rest}"
        elif kind == "k:":
            keys = json.loads(rest)
            text += "[" + ",".join(f"{key}={json.dumps(one)}" for key, one in keys.items()) + "]"
        else:
            text += f"[={rest}]"
    return text


def value_at(body: Json, path: Path, *, is_custom: bool) -> Json:
    """The value at `path`; None where there is none."""
    value = body
    name = ""
    for element in path:
        kind, rest = element[:2], element[2:]
        if kind == "f:" and isinstance(value, dict):
            name, value = rest, value.get(rest)
        elif kind == "k:" and isinstance(value, list):
            keys = keys_of(name, value, is_custom=is_custom)
            value = next((one for one in value if item_key(one, keys) == element), None)
        elif kind == "v:" and isinstance(value, list):
            value = rest if json.loads(rest) in value else None
        else:
            return None
    return value
