"""Merging what a manager applies into an object, and taking fields out of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.kubernetes.field_sets import (
    FieldSet,
    Path,
    is_atomic_map,
    is_set,
    item_key,
    keys_of,
)

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Json


def merged(live: Json, applied: Json, name: str, *, is_custom: bool) -> Json:
    """`live` with all that `applied` has; both stay as they are."""
    if isinstance(live, dict) and isinstance(applied, dict):
        if name and is_atomic_map(name, applied, is_custom=is_custom) and applied:
            return applied
        result = dict(live)
        for key, value in applied.items():
            if value is not None:
                old = result.get(key)
                result[key] = merged(old, value, key, is_custom=is_custom)
        return result
    if isinstance(live, list) and isinstance(applied, list):
        return _merged_lists(live, applied, name, is_custom=is_custom)
    return applied


def _merged_lists(live: list[Any], applied: list[Any], name: str, *, is_custom: bool) -> list[Any]:
    if is_set(name):
        return live + [one for one in applied if one not in live]
    keys = keys_of(name, applied, is_custom=is_custom)
    if not keys:
        return applied
    known = {item_key(one, keys): one for one in live}
    for one in applied:
        key = item_key(one, keys)
        known[key] = merged(known.get(key), one, "", is_custom=is_custom)
    return list(known.values())


def without(body: dict[str, Any], fields: FieldSet, *, is_custom: bool) -> dict[str, Any]:
    """`body` without `fields`, and without maps and lists that are empty then."""
    result: Json = json.loads(json.dumps(body))
    # An item is found by the fields that go with it.
    for path in sorted(fields, key=len):
        _remove(result, path, "", is_custom=is_custom)
    return dict(result)


def _remove(value: Json, path: Path, name: str, *, is_custom: bool) -> None:
    head, rest = path[0], path[1:]
    place = _place(value, head, name, is_custom=is_custom)
    if place is None:
        return
    if not rest:
        del value[place]
        return
    _remove(value[place], rest, head[2:] if head.startswith("f:") else "", is_custom=is_custom)
    if value[place] in ({}, []):
        del value[place]


def _place(value: Json, element: str, name: str, *, is_custom: bool) -> Json:
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return rest if isinstance(value, dict) and rest in value else None
    if not isinstance(value, list):
        return None
    if kind == "v:":
        return value.index(json.loads(rest)) if json.loads(rest) in value else None
    keys = keys_of(name, value, is_custom=is_custom)
    found = [index for index, one in enumerate(value) if item_key(one, keys) == element]
    return found[0] if found else None
