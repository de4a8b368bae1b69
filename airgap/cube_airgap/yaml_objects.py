"""Kubernetes objects in YAML text, read as Kubernetes' own tools read them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class ReadObject:
    """An object, and the line in which its document begins."""

    body: dict[str, Any]
    line: int


_MOST_VALUES = 1_000_000


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML without times of day and dates: `80:80` is a text to Kubernetes, and so is a date."""


_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*)?\.[0-9_]+(?:[eE][-+]?[0-9]+)?\Z|[-+]?[0-9][0-9_]*\.(?:[eE][-+]?[0-9]+)?\Z"
    r"|[-+]?[0-9]+[eE][-+]?[0-9]+\Z|[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z"
)
_REPLACED = {"tag:yaml.org,2002:" + name for name in ("timestamp", "int", "float", "value")}


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    kept = {
        first: [(tag, pattern) for tag, pattern in ones if tag not in _REPLACED]
        for first, ones in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for first in "-+0123456789":
        kept.setdefault(first, []).append(("tag:yaml.org,2002:int", _INTEGER))
    for first in "-+0123456789.":
        kept.setdefault(first, []).append(("tag:yaml.org,2002:float", _FLOAT))
    return kept


_Loader.yaml_implicit_resolvers = _resolvers()


def objects_in(text: str, origin: str) -> Iterator[ReadObject]:
    """The objects of a YAML stream; those of a List by themselves. Raises UsageError with line."""
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            line = node.start_mark.line + 1
            body = _plain(loader.construct_document(node), origin, line)
            if body is not None:
                yield from _listed(body, origin, line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _wrong(origin, line, f"it is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _wrong(origin, 1, f"it is not YAML: {' '.join(str(error).split())[:200]}") from None
    finally:
        loader.dispose()


def _plain(body: Any, origin: str, line: int) -> Any:  # noqa: ANN401 - whatever YAML holds
    """A copy that shares nothing, so that aliases do not change together."""
    if _size(body, {}) > _MOST_VALUES:
        raise _wrong(origin, line, f"it stands for more than {_MOST_VALUES:,} values")
    try:
        return json.loads(json.dumps(body, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise _wrong(origin, line, f"it holds something that JSON has not: {error}") from None


def _size(value: object, known: dict[int, int]) -> int:
    """How many values it is with aliases written out; one that holds itself is too many."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = _MOST_VALUES + 1  # until it is known
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(one, known) for one in inner)
    return known[id(value)]


def _listed(body: Any, origin: str, line: int) -> Iterator[ReadObject]:  # noqa: ANN401
    if not isinstance(body, dict):
        raise _wrong(origin, line, "this document is no object")
    if str(body.get("kind")).endswith("List") and isinstance(body.get("items"), list):
        for one in body["items"]:
            yield from _listed(one, origin, line)
        return
    metadata = body.get("metadata")
    for name, part in (("apiVersion", body), ("kind", body), ("name", metadata)):
        if not isinstance(part, dict) or not isinstance(part.get(name), str) or not part[name]:
            raise _wrong(origin, line, f"this object has no {name}")
    yield ReadObject(body, line)


def _wrong(origin: str, line: int, what: str) -> UsageError:
    return UsageError(f"{origin}:{line}: {what}", remedy="correct the file, and build again")
