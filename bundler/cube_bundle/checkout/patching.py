"""Laying corrections over objects: a merge in which items of lists are found by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_bundle.checkout.recipe import Replacement

_ALL = "*"


def merged(value: Any, patch: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """`value` with `patch` laid over it.

    As of RFC 7396 mappings merge, null takes away, and all else replaces; but where both are lists
    of mappings with names, items merge by name. An item named `*` is laid over all that are there.
    Items with new names come first, since what is behind may refer to them.
    """
    if isinstance(patch, dict):
        return _mapping(value if isinstance(value, dict) else {}, patch)
    if _is_named(patch) and _is_named(value):
        return _named(value, patch)
    return patch


def _mapping(value: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(value)
    for key, one in patch.items():
        if one is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), one)
    return result


def _is_named(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in value
    )


def _named(value: list[dict[str, Any]], patch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    there = {one["name"] for one in value}
    new = [merged({}, one) for one in patch if one["name"] not in there and one["name"] != _ALL]
    kept = []
    for item in value:
        changed = item
        for one in patch:
            if one["name"] in {_ALL, item["name"]}:
                changed = merged(changed, {**one, "name": item["name"]})
        kept.append(changed)
    return [*new, *kept]


def replaced(body: dict[str, Any], replacements: tuple[Replacement, ...]) -> dict[str, Any]:
    """`body` with texts replaced below their keys, wherever those are."""
    mine = [one for one in replacements if one.kind in {"", body["kind"]}]
    result = _replaced(body, "", mine) if mine else body
    assert isinstance(result, dict)  # noqa: S101 - a mapping stays one
    return result


def _replaced(value: Any, key: str, replacements: list[Replacement]) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _replaced(one, name, replacements) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, key, replacements) for one in value]
    for one in replacements:
        if key == one.key and isinstance(value, str):
            if value == one.old:
                return one.new
            if value.startswith(f"{one.old.rstrip('/')}/"):
                return one.new.rstrip("/") + value[len(one.old.rstrip("/")) :]
    return value
