"""Single values in a YAML file that people write: what is beside them stays byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

Value = str | int | bool
_STEP = 2
_NULL = "tag:yaml.org,2002:null"


def with_value(text: str, path: Sequence[str], value: Value) -> str:
    """`text` with `value` at the keys of `path`, which are made where they are missing.

    Raises UsageError where something else than a single value is there.
    """
    mapping, rest = _root(text), list(path)
    while (found := _entry(mapping, rest[0])) is not None:
        key, node = found
        if len(rest) == 1:
            return _replaced(text, path, node, value)
        rest.pop(0)
        if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
            mapping = node
        elif node.tag == _NULL:
            return _below(text, key, rest, value)
        else:
            raise _unfit(path)
    return _beside(text, mapping, rest, value)


def without(text: str, key: str) -> str:
    """`text` with the top-level `key` and all below it made a comment."""
    found = _entry(_root(text), key)
    if found is None:
        return text
    first, last = found[0].start_mark.line, _last_line(found[1])
    lines = text.splitlines(keepends=True)
    for number in range(first, last + 1):
        lines[number] = f"# {lines[number]}"
    return "".join(lines)


def _root(text: str) -> yaml.MappingNode:
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        root = None
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise _unfit(())
    return root


def _entry(mapping: yaml.MappingNode, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    return next(((name, node) for name, node in mapping.value if name.value == key), None)


def _replaced(text: str, path: Sequence[str], node: yaml.Node, value: Value) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _unfit(path)
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if start == end else ""
    return f"{text[:start]}{space}{_scalar(value)}{text[end:]}"


def _below(text: str, key: yaml.Node, rest: Sequence[str], value: Value) -> str:
    """As the first thing below `key`, which has nothing yet."""
    end = text.find("\n", key.end_mark.index)
    end = len(text) if end < 0 else end + 1
    lines = _nested(rest, value, key.start_mark.column + _STEP)
    return f"{_ended(text[:end])}{lines}{text[end:]}"


def _beside(text: str, mapping: yaml.MappingNode, rest: Sequence[str], value: Value) -> str:
    """Before the first key of `mapping`; at the file's end where that is the whole file."""
    first = mapping.value[0][0].start_mark
    lines = _nested(rest, value, first.column)
    if first.column == 0:
        return _ended(text) + lines
    start = first.index - first.column
    return f"{text[:start]}{lines}{text[start:]}"


def _nested(keys: Sequence[str], value: Value, column: int) -> str:
    lines = [" " * (column + _STEP * depth) + f"{key}:" for depth, key in enumerate(keys)]
    return "\n".join(lines) + f" {_scalar(value)}\n"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _last_line(node: yaml.Node) -> int:
    """The last line of what is written, without the comments behind it."""
    if isinstance(node, yaml.ScalarNode) or not node.value:
        mark = node.end_mark
        is_block = isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}
        return int(mark.line) - (1 if is_block else 0)
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)


def _scalar(value: Value) -> str:
    dumped: str = yaml.safe_dump(value, allow_unicode=True, width=10_000)
    return dumped.removesuffix("...\n").removesuffix("\n")


def _unfit(path: Sequence[str]) -> UsageError:
    what = ".".join(path) or "its keys"
    return UsageError(
        f"{what} cannot be set in a settings file that is written like this",
        remedy="write it in lines of KEY: VALUE, as in harbor.yml.tmpl",
    )
