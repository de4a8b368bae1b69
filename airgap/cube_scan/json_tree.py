"""JSON text as a tree with lines."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any

from cube_scan.tree import Mapping, Node, Notice, Scalar, Sequence


class JsonTextError(ValueError):
    """The text is not JSON; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


class _Placed(str):
    """A string that knows the offset of its opening quote."""

    __slots__ = ("offset",)
    offset: int


class _Pairs(list[tuple[str, Any]]):
    """An object's pairs, told from an array."""


class _Decoder(json.JSONDecoder):
    """The standard decoder, made to keep repeated keys, and where each string value stands."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_Pairs, strict=False)
        self.parse_string = _placed_string
        self.parse_float = self.parse_int = str
        self.scan_once = py_make_scanner(self)


def _placed_string(text: str, end: int, strict: bool) -> tuple[_Placed, int]:  # noqa: FBT001 - the decoder's own signature
    value, after = scanstring(text, end, strict)
    placed = _Placed(value)
    placed.offset = end - 1
    return placed, after


def parse_json(text: str) -> tuple[Node, list[Notice]]:
    """The tree of one JSON text, and what is odd in it. Raises JsonTextError."""
    text = text.removeprefix("\ufeff")
    try:
        value = _Decoder().decode(text)
    except json.JSONDecodeError as error:
        raise JsonTextError(error.lineno, f"it is not JSON: {error.msg}") from None
    except RecursionError:
        raise JsonTextError(1, "it is nested too deeply") from None
    planter = _Planter(text)
    return planter.plant(value), planter.notices


class _Planter:
    """Turns decoded values into nodes; what has no place of its own gets the last string's line."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._line = 1
        self.notices: list[Notice] = []

    def plant(self, value: Any) -> Node:  # noqa: ANN401 - whatever JSON holds
        if isinstance(value, _Placed):
            self._line = bisect_right(self._starts, value.offset)
            return Scalar(str(value), self._line)
        if isinstance(value, _Pairs):
            return self._mapping(value)
        if isinstance(value, list):
            sequence = Sequence(self._line)
            sequence.items.extend(self.plant(below) for below in value)
            return sequence
        return Scalar("" if value is None else str(value), self._line, quoted=False)

    def _mapping(self, pairs: _Pairs) -> Mapping:
        mapping = Mapping(self._line)
        seen: set[str] = set()
        for key, below in pairs:
            node = self.plant(below)
            if key in seen:
                what = f"the key {key[:80]!r} is there twice in one object"
                self.notices.append(Notice(node.line, what, fatal=False))
            seen.add(key)
            mapping.items.append((Scalar(key, node.line), node))
        return mapping
