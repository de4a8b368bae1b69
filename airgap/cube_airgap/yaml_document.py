"""A YAML file that people write: read with line numbers, and checked against a JSON Schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from cube_airgap.errors import UsageError
from cube_airgap.file_range import read_head
from cube_airgap.near_names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LARGEST = 16 << 20
_DEEPEST = 30
_USER_IN_URL = re.compile(r"://[^/\s]*@")


class YamlDocument:
    """One parsed document: its `data` as plain Python values, and where each part stands.

    Stricter than YAML: no key twice, no anchors (a few lines of them can stand for gigabytes), one
    document a file.
    """

    def __init__(self, text: bytes, origin: str) -> None:
        """Parse `text`; `origin` names it in errors. Raises UsageError with the line."""
        self.origin = origin
        try:
            text.decode("utf-16" if text.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8")
            root = yaml.compose(text, yaml.SafeLoader)
            if root is None:
                raise self._error(1, "it is empty")
            self._root: yaml.Node = root
            self._check(root, set(), 0)
            self.data: Any = yaml.load(text, yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise self._error(line, f"it is not YAML: {error.problem or error.context}") from None
        except UnicodeDecodeError:
            raise UsageError(
                f"{origin} is no text in UTF-8, and so no YAML",
                remedy="give the file that was meant, or save it as UTF-8",
            ) from None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            why = " ".join(str(error).split())
            raise self._error(1, f"it is not YAML: {why[:200]}") from None

    @classmethod
    def read(cls, path: Path) -> YamlDocument:
        """Read the file at `path`. Raises MissingError, UsageError."""
        text = read_head(path, _LARGEST + 1)
        if len(text) > _LARGEST:
            raise UsageError(
                f"{path} is larger than {_LARGEST >> 20} MiB",
                remedy="give the file that was meant; a list or lock is never so large",
            )
        return cls(text, str(path))

    def validate(self, schema: dict[str, Any]) -> None:
        """Raise UsageError with file and line of what does not fit `schema`, all of it at once."""
        found = jsonschema.Draft202012Validator(schema).iter_errors(self.data)
        problems = sorted({one for error in found for one in self._problems(error)})
        if problems:
            raise UsageError(
                "; ".join(f"{self.origin}:{line}: {what}" for line, what in problems[:20]),
                remedy="correct these lines; a number or a word such as `on` that is meant as text "
                "needs quotes",
            )

    def _problems(self, error: jsonschema.ValidationError) -> Iterator[tuple[int, str]]:
        """The lines that one error is about, each with what is wrong there."""
        line, unknown = self.line(error.absolute_path), tuple(_unknown(error))
        if not unknown:
            yield line, _told(error, error.message)
            return
        keys = {str(key.value): key for key, _ in self._node(error.absolute_path).value}
        for name, what in unknown:
            mark = keys[name].start_mark if name in keys else None  # `yes` is True by now
            yield mark.line + 1 if mark else line, _told(error, what)

    def where(self, *path: str | int) -> str:
        """FILE:LINE of the value at `path`."""
        return f"{self.origin}:{self.line(path)}"

    def line(self, path: Iterable[str | int]) -> int:
        """The line, counted from 1, of the value at `path`, or of its nearest ancestor."""
        return int(self._node(path).start_mark.line) + 1

    def _node(self, path: Iterable[str | int]) -> yaml.Node:
        node = self._root
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node = child
        return node

    def _check(self, node: yaml.Node, seen: set[int], depth: int) -> None:
        if id(node) in seen:
            raise self._error(node.start_mark.line + 1, "anchors and aliases are not used here")
        if depth > _DEEPEST:
            raise self._error(node.start_mark.line + 1, "it is nested too deeply")
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node)
        for child in _children(node):
            self._check(child, seen, depth + 1)

    def _check_keys(self, node: yaml.MappingNode) -> None:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            first = lines.setdefault(str(key.value), line)
            if first != line:
                raise self._error(line, f"{key.value!r} is there already in line {first}")

    def _error(self, line: int, what: str) -> UsageError:
        return UsageError(
            f"{self.origin}:{line}: {what}", remedy="correct this line, then run the command again"
        )


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    return None


def _told(error: jsonschema.ValidationError, message: str) -> str:
    """What is wrong, with the field that it is about.

    A validator's message quotes the value, and so a password that somebody wrote into a URL.
    """
    field = ".".join(str(step) for step in error.absolute_path if isinstance(step, str))
    message = _USER_IN_URL.sub("://", message)[:200]
    if error.validator == "pattern" and isinstance(error.schema, dict):
        meant = error.schema.get("description")
        message += f" ({meant})" if meant else ""
    return f"{field}: {message}" if field else message


def _unknown(error: jsonschema.ValidationError) -> Iterator[tuple[str, str]]:
    """Keys that nobody looks at, mostly mistyped ones, and what is said of them."""
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        for name in map(str, error.instance):
            if name not in known:
                yield name, f"unknown key {name[:80]!r}: {did_you_mean(name, known)}"
