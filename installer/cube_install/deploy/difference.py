"""How two forms of an object differ, field by field; what is secret is not shown."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_install.deploy.secrets.hiding import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.deploy.body import Body

# What the API server writes by itself.
_BOOKKEEPING = {
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
}
# Any version of a group names the same object, and a server answers in the one it prefers.
_UNMEANT = {"apiVersion", "status"}
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MOST_LINES = 60
_LONGEST = 200
_LED_IN_BY = 60
_ABSENT = object()


@dataclass(frozen=True)
class FieldChange:
    """One field; `lines` is the difference of texts of several lines, in the unified form."""

    path: str
    old: str = ""
    new: str = ""
    lines: tuple[str, ...] = ()


def field_changes(live: Body, would: Body) -> tuple[FieldChange, ...]:
    """What changes from `live` to `would`, without status and bookkeeping."""
    is_secret = live.get("kind") == "Secret"
    return tuple(_hidden(one) if is_secret else one for one in _of(_meant(live), _meant(would), ""))


def _meant(body: Body) -> Body:
    metadata = {key: one for key, one in body["metadata"].items() if key not in _BOOKKEEPING}
    # It has the whole object once more, and so what a Secret holds.
    annotations = {**(metadata.pop("annotations", None) or {})}
    annotations.pop(_LAST_APPLIED, None)
    if annotations:
        metadata["annotations"] = annotations
    return {key: one for key, one in body.items() if key not in _UNMEANT} | {"metadata": metadata}


def _hidden(one: FieldChange) -> FieldChange:
    if not one.path.startswith(("data", "stringData")):
        return one
    old, new = (HIDDEN if value else "" for value in (one.old, one.new))
    return FieldChange(one.path, old, new)


def _of(old: Any, new: Any, path: str) -> Iterator[FieldChange]:  # noqa: ANN401 - any JSON
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            below = f"{path}.{key}" if path else key
            if key == "value" and key in old and "valueFrom" in new:  # a Secret has it now
                yield FieldChange(below, HIDDEN)
            else:
                yield from _of(old.get(key, _ABSENT), new.get(key, _ABSENT), below)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, path)
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        yield FieldChange(path, lines=_unified(old, new))
    else:
        yield FieldChange(path, *_cut_around(_text(old), _text(new)))


def _of_lists(old: list[Any], new: list[Any], path: str) -> Iterator[FieldChange]:
    """Items with names, as containers have, are compared by them, others by their place."""
    before, after = _by_name(old), _by_name(new)
    if before is None or after is None:
        before = {str(at): one for at, one in enumerate(old)}
        after = {str(at): one for at, one in enumerate(new)}
    for key in [*before, *(key for key in after if key not in before)]:
        yield from _of(before.get(key, _ABSENT), after.get(key, _ABSENT), f"{path}[{key}]")


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    named = {one["name"]: one for one in items if isinstance(one, dict) and "name" in one}
    return named if len(named) == len(items) else None


def _unified(old: str, new: str) -> tuple[str, ...]:
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2))[2:]
    cut = [line[:_LONGEST] for line in lines[:_MOST_LINES]]
    return (
        (*cut, f"… {len(lines) - _MOST_LINES} more lines") if len(lines) > _MOST_LINES else (*cut,)
    )


def _text(value: object) -> str:
    if value is _ABSENT:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut_around(old: str, new: str) -> tuple[str, str]:
    """Both, cut to where they begin to differ: long ones mostly begin in the same way."""
    if max(len(old), len(new)) <= _LONGEST:
        return old, new
    pairs = enumerate(zip(old, new, strict=False))
    differ = next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))
    begin = max(0, differ - _LED_IN_BY)
    return _cut(old, begin), _cut(new, begin)


def _cut(text: str, begin: int) -> str:
    end = begin + _LONGEST
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if len(text) > end else ''}"
