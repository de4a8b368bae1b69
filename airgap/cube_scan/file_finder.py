"""Looking into one file by its kind: sightings, problems, and the documents that it holds."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_scan.dockerfile import images_in_dockerfile
from cube_scan.files import FileKind, NotTextError, SourceFile, pieces_of_large, read_text
from cube_scan.findings import Sighting, Way
from cube_scan.json_tree import JsonTextError, parse_json
from cube_scan.kustomize import KUSTOMIZATION_NAMES
from cube_scan.lines import images_in_line, images_in_lines, may_name_image
from cube_scan.problem import Problem, Severity
from cube_scan.python.parsing import PythonTextError, parse_python
from cube_scan.shell import images_in_script
from cube_scan.tables import (
    images_in_list,
    images_in_settings,
    images_in_table,
    is_plain_list,
)
from cube_scan.yaml_tree import Document, documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cube_scan.text_finder import TextFinder
    from cube_scan.tree import Notice
    from cube_scan.vocabulary import Vocabulary

_MOST_OF_LARGE = 10_000


@dataclass
class Inspected:
    """What one file held; `documents` for YAML only, and without the trees."""

    file: SourceFile
    sightings: list[Sighting] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class FileFinder:
    """Inspects files; a fault in one costs nothing but what cannot be read of it."""

    def __init__(
        self, vocabulary: Vocabulary, texts: TextFinder, templates: frozenset[str]
    ) -> None:
        """`templates` are the names of YAML files that a program fills in before they are YAML."""
        self._words = vocabulary
        self._texts = texts
        self._templates = templates

    def inspect(self, file: SourceFile) -> Inspected:
        """Look into `file`."""
        found = Inspected(file)
        try:
            if file.is_large:
                self._search(file, found)
            else:
                text, warning = read_text(file)
                if warning:
                    _warn(found, 0, warning, "save it as UTF-8")
                found.sightings.extend(_once(self._find(text, found)))
        except NotTextError as error:
            _fail(found, 0, str(error), "leave it out, or give it the name of what it is")
        except OSError as error:
            _fail(found, 0, f"it cannot be read: {error.strerror}", "make it readable")
        return found

    def _find(self, text: str, found: Inspected) -> Iterator[Sighting]:
        may_fail = {
            FileKind.YAML: self._yaml,
            FileKind.JSON: self._json,
            FileKind.PYTHON: self._python,
            FileKind.TABLE: self._table,
        }
        rule = may_fail.get(found.file.kind)
        return rule(text, found) if rule else self._find_plain(text, found.file.kind)

    def _find_plain(self, text: str, kind: FileKind) -> Iterator[Sighting]:
        """The same for kinds that any text fits."""
        if kind is FileKind.SHELL:
            return images_in_script(text, self._words)
        if kind is FileKind.DOCKERFILE:
            return images_in_dockerfile(text)
        if kind is FileKind.SETTINGS:
            return images_in_settings(text, self._words)
        if kind is FileKind.LIST:
            return images_in_list(text) if is_plain_list(text) else iter(())
        return images_in_lines(text, self._words, Way.EMBEDDED)

    def _yaml(self, text: str, found: Inspected) -> Iterator[Sighting]:
        if found.file.path.name in KUSTOMIZATION_NAMES:
            return
        for document in documents(text):
            self._note(document, found)
            if document.root is not None and not _is_broken(document):
                yield from self._texts.in_tree(document.root)
            elif document.text.strip():
                lines = document.text
                yield from images_in_lines(
                    lines, self._words, Way.EMBEDDED, first_line=document.line
                )

    def _note(self, document: Document, found: Inspected) -> None:
        is_template = found.file.name in self._templates
        for notice in document.notices:
            if notice.fatal and is_template:
                continue
            remedy = "correct this line" if notice.fatal else "keep one of the two"
            (_fail if notice.fatal else _warn)(found, notice.line, _told(notice), remedy)

    def _json(self, text: str, found: Inspected) -> Iterator[Sighting]:
        if not text.strip():
            return
        try:
            root, notices = parse_json(text)
        except JsonTextError as error:
            _fail(found, error.line, f"{error}; it was searched line by line", "correct this line")
            yield from images_in_lines(text, self._words, Way.EMBEDDED)
            return
        for notice in notices:
            _warn(found, notice.line, notice.what, "keep one of the two")
        yield from self._texts.in_tree(root)

    def _python(self, text: str, found: Inspected) -> Iterator[Sighting]:
        try:
            module = parse_python(text)
        except PythonTextError as error:
            _fail(found, error.line, f"{error}; it was searched line by line", "correct this line")
            yield from images_in_lines(text, self._words, Way.PYTHON)
            return
        try:
            yield from list(self._texts.in_python(module))
        except RecursionError:
            what = "it is nested too deeply; it was searched line by line"
            _fail(found, 0, what, "take its longest expression apart")
            yield from images_in_lines(text, self._words, Way.PYTHON)

    def _table(self, text: str, found: Inspected) -> Iterator[Sighting]:
        try:
            yield from images_in_table(text, self._words)
        except csv.Error as error:
            _fail(found, 0, f"it is not a table: {error}", "correct it")

    def _search(self, file: SourceFile, found: Inspected) -> None:
        what = f"it has {file.size >> 20} MiB: it was searched line by line, not parsed"
        _warn(found, 0, what, "split it, or leave it out of what is scanned")
        seen: set[tuple[str, Way]] = set()
        for number, line in pieces_of_large(file):
            if not may_name_image(line):
                continue
            for sighting in images_in_line(line, number, self._words, Way.EMBEDDED):
                if (sighting.text, sighting.way) not in seen:
                    seen.add((sighting.text, sighting.way))
                    found.sightings.append(sighting)
            if len(seen) > _MOST_OF_LARGE:
                what = f"more than {_MOST_OF_LARGE:,} texts in it may be images; the rest was left"
                _fail(found, number, what, "split it, or leave it out of what is scanned")
                return


def _is_broken(document: Document) -> bool:
    return any(notice.fatal for notice in document.notices)


def _told(notice: Notice) -> str:
    return f"{notice.what}; the document was searched line by line" if notice.fatal else notice.what


def _once(sightings: Iterable[Sighting]) -> Iterator[Sighting]:
    seen: set[Sighting] = set()
    for sighting in sightings:
        if sighting not in seen:
            seen.add(sighting)
            yield sighting


def _fail(found: Inspected, line: int, what: str, remedy: str) -> None:
    found.problems.append(Problem(found.file.name, line, Severity.ERROR, what, remedy))


def _warn(found: Inspected, line: int, what: str, remedy: str) -> None:
    found.problems.append(Problem(found.file.name, line, Severity.WARNING, what, remedy))
