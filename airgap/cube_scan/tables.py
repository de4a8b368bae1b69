"""Images and downloads in flat files: plain lists, tables of data sets, environment files."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.urls import urls_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_scan.vocabulary import Vocabulary

_LINE_OF_A_LIST = re.compile(r"[\w.-]+(?::[0-9]+)?(?:/[\w.-]+)*(?::[\w.-]+|@sha256:[0-9a-f]{64})")
_SETTING = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$")


def is_plain_list(text: str) -> bool:
    """Whether nearly every line that says something is a reference."""
    lines = [line for line in (_code(line) for line in text.splitlines()) if line]
    good = sum(1 for line in lines if _LINE_OF_A_LIST.fullmatch(line))
    return bool(lines) and good >= 0.8 * len(lines)


def images_in_list(text: str) -> Iterator[Sighting]:
    """A reference a line; `#` begins a comment."""
    for number, line in enumerate(text.splitlines(), 1):
        code = _code(line)
        if code:
            yield Sighting(code, number, "", Way.LINE, Claim.IMAGE)


def images_in_settings(text: str, vocabulary: Vocabulary) -> Iterator[Sighting]:
    """The values of an environment file, one `NAME=VALUE` a line."""
    for number, line in enumerate(text.splitlines(), 1):
        match = None if line.lstrip().startswith("#") else _SETTING.match(line)
        if match:
            value = re.sub(r"\s#\s.*$", "", match[2]).strip("\"'")
            yield from setting(match[1], value, number, vocabulary)


def setting(name: str, value: str, line: int, vocabulary: Vocabulary) -> Iterator[Sighting]:
    """What one environment variable holds."""
    is_image = vocabulary.names_image(name)
    claim = Claim.IMAGE if is_image else Claim.MAYBE
    yield Sighting(value, line, name, Way.ENVIRONMENT, claim)
    yield from urls_in(value, line, name, name, way=Way.ENVIRONMENT)


def images_in_table(text: str, vocabulary: Vocabulary) -> Iterator[Sighting]:
    """The cells of a table with a heading line; a cell's own line is found inside its row."""
    reader = csv.reader(io.StringIO(text))
    lines = text.split("\n")
    heading: list[str] = []
    before = 0
    for row in reader:
        first, before = before, reader.line_num
        if not heading:
            heading = row
            continue
        for name, cell in zip(heading, row, strict=False):
            line = _line_of(cell, lines, first, before)
            yield from _cell(name, cell, line, vocabulary)


def _cell(name: str, cell: str, line: int, vocabulary: Vocabulary) -> Iterator[Sighting]:
    if vocabulary.names_image(name):
        yield Sighting(cell, line, name, Way.ROW, Claim.IMAGE)
    for number, part in enumerate(cell.split("\n")):
        yield from urls_in(part, line + number, name, name, way=Way.ROW)


def _line_of(cell: str, lines: list[str], first: int, last: int) -> int:
    start = cell.split("\n", maxsplit=1)[0]
    for number in range(first, min(last, len(lines))):
        if start and start in lines[number]:
            return number + 1
    return first + 1


def _code(line: str) -> str:
    return line.partition("#")[0].strip()
