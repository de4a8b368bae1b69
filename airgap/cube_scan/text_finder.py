"""Looking into a text for what it is: a document inside a document, a script, plain lines."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cube_scan.dockerfile import images_in_dockerfile, looks_like_dockerfile
from cube_scan.findings import Sighting, Way
from cube_scan.json_tree import JsonTextError, parse_json
from cube_scan.lines import images_in_line, images_in_lines, is_comment
from cube_scan.python.parsing import PythonTextError, parse_python
from cube_scan.python.source import PythonFinder
from cube_scan.shell import images_in_script
from cube_scan.structured import TreeFinder
from cube_scan.tables import setting
from cube_scan.tree import Mapping, Node, Scalar, Sequence
from cube_scan.yaml_tree import documents

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator
    from collections.abc import Mapping as Settings

    from cube_scan.vocabulary import Vocabulary

_DEEPEST = 4
_LOOKS_LIKE_YAML = re.compile(r"^\s*(?:- )?[\"']?[\w./-]+[\"']?:(?:\s|$)", re.MULTILINE)
_SETTING = re.compile(r"([A-Za-z_][\w.-]*)=(\S+)")
# What a place inside a text is called, seen from the file: the text decides, not the field.
_GENERAL_WAYS = {Way.CONTAINER, Way.CRD_FIELD, Way.FIELD, Way.VALUE}


class TextFinder:
    """Finds in texts of every kind; `settings` are constants of the tree's settings modules."""

    def __init__(self, vocabulary: Vocabulary, settings: Settings[str, tuple[str, ...]]) -> None:
        self._words = vocabulary
        self._trees = TreeFinder(vocabulary, self.inside)
        self._python = PythonFinder(vocabulary, self.inside, settings)
        self._depth = 0

    def in_tree(self, root: Node) -> Iterator[Sighting]:
        """What a document asks for."""
        return self._trees.find(root)

    def in_python(self, module: ast.Module) -> Iterator[Sighting]:
        """What a Python module asks for."""
        return self._python.find(module)

    def inside(self, scalar: Scalar, field: str, key: str) -> Iterator[Sighting]:
        """What the text of one value asks for, with the lines and the path of its file."""
        if self._depth >= _DEEPEST:
            return
        self._depth += 1
        try:
            for sighting in self._of_kind(scalar, key):
                line = scalar.line + sighting.line if scalar.block else scalar.line
                way = Way.EMBEDDED if sighting.way in _GENERAL_WAYS else sighting.way
                below = f"{field} > {sighting.field}" if sighting.field else field
                yield replace(sighting, line=line, way=way, field=below)
        finally:
            self._depth -= 1

    def _of_kind(self, scalar: Scalar, key: str) -> Iterator[Sighting]:
        """Sightings with lines counted from 1 at the text's first line."""
        text = scalar.text
        stripped = text.lstrip()
        if key.endswith(".py"):
            yield from self._python_text(text)
        elif key.endswith((".sh", ".bash")) or stripped.startswith("#!"):
            yield from images_in_script(text, self._words)
        elif stripped.startswith(("{", "[")) and (root := _json(text)) is not None:
            yield from self.in_tree(root)
        elif looks_like_dockerfile(text):
            yield from images_in_dockerfile(text)
        elif "\n" in text:
            yield from self._many_lines(text, key)
        else:
            yield from self._line(text, 1, key)

    def _many_lines(self, text: str, key: str) -> Iterator[Sighting]:
        roots = _yaml(text)
        if roots is None:
            for number, line in enumerate(text.split("\n"), 1):
                if not is_comment(line):
                    yield from self._line(line, number, key)
            return
        for root in roots:
            yield from self.in_tree(root)

    def _line(self, line: str, number: int, key: str) -> Iterator[Sighting]:
        whole = _SETTING.fullmatch(line.strip())
        if whole:
            for sighting in setting(whole[1], whole[2].strip("\"'"), number, self._words):
                yield replace(sighting, field="" if key == whole[1] else sighting.field)
            return
        yield from images_in_line(line, number, self._words, Way.EMBEDDED)

    def _python_text(self, text: str) -> Iterator[Sighting]:
        try:
            module = parse_python(text)
        except PythonTextError:
            yield from images_in_lines(text, self._words, Way.EMBEDDED)
            return
        yield from self._python.nested(module)


def _json(text: str) -> Node | None:
    try:
        root, _ = parse_json(text)
    except JsonTextError:
        return None
    return root if isinstance(root, Mapping | Sequence) else None


def _yaml(text: str) -> list[Node] | None:
    """The documents of a text that is YAML throughout, with some structure; None otherwise."""
    if not _LOOKS_LIKE_YAML.search(text):
        return None
    found: list[Node] = []
    for document in documents(text):
        if any(notice.fatal for notice in document.notices):
            return None
        if isinstance(document.root, Mapping | Sequence):
            found.append(document.root)
        elif document.root is not None:
            return None
    return found or None
