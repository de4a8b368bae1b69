"""What applying will make of an object that kubectl made, whose fields are taken over before.

A dry run cannot take fields over and apply at once: kubectl would still own what is to go. So both
are done here, on the copy that the server is to check. The form of field sets is FieldsV1
(Kubernetes, "Server-Side Apply"; sigs.k8s.io/structured-merge-diff).
"""

from __future__ import annotations

import json
from typing import Any

from cube_install.kubernetes.ownership import is_applied_by, is_shared, migrated_fields

_Json = Any
_Fields = dict[str, Any]


def foretold(live: dict[str, Any], wanted: dict[str, Any], manager: str) -> dict[str, Any] | None:
    """`live` after `manager` took it over and applied `wanted`; None if kubectl has nothing of it.

    What kubectl had and `wanted` has not is gone, unless others own it too.
    """
    entries = None if is_shared(wanted) else migrated_fields(live, manager)
    if entries is None:
        return None
    ours = next(one for one in entries if is_applied_by(one, manager))
    owned: _Fields = ours["fieldsV1"]
    for entry in entries:
        if entry is not ours:
            owned = _less(owned, entry["fieldsV1"])
    merged: dict[str, Any] = _merged(live, wanted, owned)
    _let_recreate(merged)
    return merged


def _less(fields: _Fields, others: _Fields) -> _Fields:
    """The fields that are not `others` too."""
    found = {}
    for name, below in fields.items():
        if name not in others:
            found[name] = below
        elif below and others[name]:
            found[name] = _less(below, others[name])
    return found


def _merged(there: _Json, wanted: _Json, owned: _Fields) -> _Json:
    if isinstance(there, dict) and isinstance(wanted, dict):
        return _merged_maps(there, wanted, owned)
    if isinstance(there, list) and isinstance(wanted, list):
        return _merged_lists(there, wanted, owned)
    return wanted


def _merged_maps(there: _Fields, wanted: _Fields, owned: _Fields) -> _Fields:
    found = {}
    for name, value in there.items():
        below = owned.get(f"f:{name}")
        if wanted.get(name) is not None:
            found[name] = _merged(value, wanted[name], below or {})
        elif below is None:
            found[name] = value
        elif below and (rest := _rest(value, below)):
            found[name] = rest
    return found | {name: value for name, value in wanted.items() if name not in there}


def _rest(value: _Json, owned: _Fields) -> _Json:
    """What is left of a map or list; nothing of what is one value."""
    return _merged(value, type(value)(), owned) if isinstance(value, dict | list) else None


def _merged_lists(there: list[_Json], wanted: list[_Json], owned: _Fields) -> list[_Json]:
    """Items are told apart by keys or values where kubectl's fields are; else it is one value."""
    items = {name[2:]: below for name, below in owned.items() if name[:2] in {"k:", "v:"}}
    if not items:
        return wanted
    found, left = [], list(wanted)
    for one in there:
        name = next((name for name in items if _is_named(one, name)), "")
        same = next((other for other in left if _is_same(one, other, items)), None)
        if same is not None:
            left.remove(same)
            found.append(_merged(one, same, items.get(name, {})))
        elif not name or ("." not in items[name] and items[name]):
            found.append(one)
    return found + left


def _is_named(item: _Json, name: str) -> bool:
    """Whether an item is the one with these keys, or this value of a set."""
    keys = json.loads(name)
    if not isinstance(keys, dict) or not isinstance(item, dict):
        return bool(keys == item)
    return all(item.get(key, value) == value for key, value in keys.items())


def _is_same(one: _Json, other: _Json, items: _Fields) -> bool:
    """Whether two items have the same keys; what `other` leaves out is a default."""
    keys = json.loads(next(iter(items)))
    if not isinstance(keys, dict) or not (isinstance(one, dict) and isinstance(other, dict)):
        return bool(one == other)
    return all(other.get(key, one.get(key)) == one.get(key) for key in keys)


def _let_recreate(body: dict[str, Any]) -> None:
    """Take out what a default has filled in beside another strategy, as deploying does."""
    spec = body.get("spec")
    if isinstance(spec, dict) and (spec.get("strategy") or {}).get("type") == "Recreate":
        spec["strategy"] = {"type": "Recreate"}
