"""YAML text as trees with lines: each document by itself, so that one broken one costs no other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from cube_scan.tree import Mapping, Node, Notice, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

# Only lines that begin a document: inside one, such a line cannot stand (YAML 1.2, section 9.1.2).
_DOCUMENT_LINE = re.compile(r"^---(?=\s|$)", re.MULTILINE)
# The C parser reads the same language some ten times faster; it takes its events without recursion.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVE = yaml.SafeLoader("").resolve
_DEEPEST = 200
_MOST_VALUES = 2_000_000


@dataclass
class Document:
    """One document: its tree unless it is broken or empty, its own text, and its first line."""

    text: str
    line: int
    root: Node | None = None
    notices: list[Notice] = field(default_factory=list)


class _BrokenError(Exception):
    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


def documents(text: str) -> Iterator[Document]:
    """The documents of a YAML stream."""
    starts = [match.start() for match in _DOCUMENT_LINE.finditer(text)]
    if not starts or text[: starts[0]].strip():
        starts.insert(0, 0)
    line, last = 1, 0
    for begin, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line += text.count("\n", last, begin)
        last = begin
        yield _document(text[begin:end], line)


def means_text(scalar: Scalar) -> bool:
    """Whether YAML 1.1 readers, kubectl among them, take this value as text."""
    return scalar.quoted or _kind(scalar.text) == "str"


def kind_of(scalar: Scalar) -> str:
    """What YAML 1.1 takes an unquoted value for: str, int, float, bool, null, timestamp, merge."""
    return "str" if scalar.quoted else _kind(scalar.text)


def _kind(text: str) -> str:
    tag: str = _RESOLVE(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag.rpartition(":")[2]


def _document(text: str, line: int) -> Document:
    document = Document(text, line)
    loader = _LOADER(text)
    try:
        document.root = _Builder(loader, line, document.notices).root()
    except _BrokenError as error:
        document.notices.append(Notice(error.line, error.what, fatal=True))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"it is not YAML: {error.problem or error.context}{_about_tabs(text, mark)}"
        document.notices.append(Notice((mark.line if mark else 0) + line, what, fatal=True))
    except (yaml.YAMLError, ValueError) as error:
        what = f"it is not YAML: {' '.join(str(error).split())[:200]}"
        document.notices.append(Notice(line, what, fatal=True))
    finally:
        loader.dispose()
    return document


def _about_tabs(text: str, mark: yaml.Mark | None) -> str:
    lines = text.splitlines()
    if mark is None or mark.line >= len(lines):
        return ""
    line = lines[mark.line]
    indent = line[: len(line) - len(line.lstrip())]
    return " (the line is indented with a tab)" if "\t" in indent else ""


class _Builder:
    """Builds a tree from parser events with an explicit stack, so that depth is bounded."""

    def __init__(self, loader: yaml.SafeLoader, line: int, notices: list[Notice]) -> None:
        self._loader = loader
        self._offset = line
        self._notices = notices
        self._anchors: dict[str, Node] = {}
        self._stack: list[Mapping | Sequence] = []
        self._keys: list[Scalar | None] = []
        self._seen: list[dict[str, int]] = []
        self._root: Node | None = None
        self._count = 0

    def root(self) -> Node | None:
        while self._loader.check_event():
            event: yaml.Event = self._loader.get_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event), event.anchor)
            elif isinstance(event, yaml.MappingStartEvent):
                self._open(Mapping(self._line(event)), event.anchor)
            elif isinstance(event, yaml.SequenceStartEvent):
                self._open(Sequence(self._line(event)), event.anchor)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.AliasEvent):
                self._add(
                    self._anchors.get(event.anchor or "", Scalar("", self._line(event))), None
                )
        return self._root

    def _line(self, event: yaml.Event) -> int:
        return (event.start_mark.line if event.start_mark else 0) + self._offset

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        plain = event.style in {None, ""}
        return Scalar(event.value, self._line(event), not plain, event.style in {"|", ">"})

    def _open(self, node: Mapping | Sequence, anchor: str | None) -> None:
        self._add(node, anchor)
        if len(self._stack) >= _DEEPEST:
            raise _BrokenError(node.line, f"it is nested more than {_DEEPEST} levels deep")
        self._stack.append(node)
        self._keys.append(None)
        self._seen.append({})

    def _close(self) -> None:
        self._stack.pop()
        self._keys.pop()
        self._seen.pop()

    def _add(self, node: Node, anchor: str | None) -> None:
        self._count += 1
        if self._count > _MOST_VALUES:
            raise _BrokenError(node.line, f"it has more than {_MOST_VALUES:,} values")
        if anchor:
            self._anchors[anchor] = node
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif self._keys[-1] is None:
            self._begin_pair(node)
        else:
            parent.items.append((self._keys[-1], node))
            self._keys[-1] = None

    def _begin_pair(self, node: Node) -> None:
        key = node if isinstance(node, Scalar) else Scalar("?", node.line)
        self._keys[-1] = key
        first = self._seen[-1].setdefault(key.text, key.line)
        if first != key.line and key.text != "<<":
            what = f"the key {key.text[:80]!r} is there already in line {first}"
            self._notices.append(Notice(key.line, what, fatal=False))
