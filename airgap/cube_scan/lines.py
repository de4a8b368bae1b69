"""Finding images in text of no known structure, line by line: named values, flags, whole tokens."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.shell import commands_in, images_of
from cube_scan.urls import urls_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_scan.vocabulary import Vocabulary

_LONGEST_LINE = 64 << 10
_COMMENT = re.compile(r"\s*(?:#|//|;|<!--|\{\{-?\s*/\*)")
_NAMED = re.compile(
    r"""(?:^|[\s,{;(])["']?(?P<key>-{0,2}[A-Za-z][\w.-]*)["']?\s*[:=]\s*"""
    r"""(?P<value>"[^"]*"|'[^']*'|\{\{.*?\}\}\S*|"""
    r"""(?:\$\{[^}]*\}|[A-Za-z0-9$<])(?:\$\{[^}]*\}|[^\s"',;}])*)"""
)
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*[A-Za-z0-9]")
_IMAGE_TOKEN = re.compile(r"[a-z0-9][\w.-]*(?::[0-9]+)?(?:/[\w.-]+)+(?::\w[\w.-]*|@sha256:\w{64})")
_SEVERAL = re.compile(r"[\s,;]+")
_TRAILING_COMMENT = re.compile(r"\s#\s.*$")
_COMPACT_JSON = re.compile(r"""\{"|\[["{\[]""")


def images_in_lines(
    text: str, vocabulary: Vocabulary, way: Way, *, first_line: int = 1
) -> Iterator[Sighting]:
    """What the lines name, whatever the text is; comment lines do not count."""
    for number, line in enumerate(text.split("\n"), first_line):
        if line.strip() and not is_comment(line):
            yield from images_in_line(line[:_LONGEST_LINE], number, vocabulary, way)


def is_comment(line: str) -> bool:
    """Whether a line of some text is a comment in any of the usual ways."""
    return _COMMENT.match(line) is not None


def images_in_value(sighting: Sighting, *, is_block: bool) -> Iterator[Sighting]:
    """A value that is said to be an image: itself, or each of those that it lists.

    Lists are separated by blanks, commas or line ends, and may be `NAME=IMAGE` each; with
    `is_block` the line of each is counted from the one after the sighting's own.
    """
    text = sighting.text.strip()
    if "{{" in text or not _SEVERAL.search(text):
        yield sighting
        return
    for number, line in enumerate(sighting.text.split("\n"), 1):
        for word in _SEVERAL.split(line):
            image = word.rpartition("=")[2].strip("\"'[]")
            if ":" in image or "/" in image:
                at = sighting.line + number if is_block else sighting.line
                yield replace(sighting, text=image, line=at, claim=Claim.CONTAINED)


def is_more_than_a_word(text: str) -> bool:
    """Whether a value has to be looked into: several words, or JSON without a blank in it."""
    return any(char.isspace() for char in text) or bool(_COMPACT_JSON.match(text))


def may_name_image(line: str) -> bool:
    """Whether it is worth looking closer at `line`: most lines of a large file are not."""
    if "://" in line or ("/" in line and ":" in line):
        return True
    lowered = line.lower()
    return "image" in lowered or " pull " in lowered


def images_in_line(line: str, number: int, vocabulary: Vocabulary, way: Way) -> Iterator[Sighting]:
    """What one line names; a text is told once, in the strongest way."""
    code = _TRAILING_COMMENT.sub("", line)
    seen: set[str] = set()
    for sighting in _all_of(code, number, vocabulary, way):
        if sighting.text not in seen:
            seen.add(sighting.text)
            yield sighting
    yield from urls_in(code, number, "", way=way)


def _is_code(value: str) -> bool:
    """Whether a value is a call: what stands for others is in braces, or after a dollar sign."""
    return "(" in value and not any(mark in value for mark in ("$", "{{"))


def _all_of(code: str, number: int, vocabulary: Vocabulary, way: Way) -> Iterator[Sighting]:
    for match in _NAMED.finditer(code):
        key, value = match["key"], match["value"].strip("\"'")
        if vocabulary.is_image_flag(key) and not value.startswith("//") and not _is_code(value):
            yield Sighting(value, number, key, way, Claim.IMAGE)
    # Taking a line apart as the shell does costs more than all else here.
    if "pull" in code or "run" in code or " --" in code or " -" in code:
        for words in commands_in(code):
            yield from images_of(words, number, vocabulary)
    if "/" in code:
        for token in _TOKEN.findall(code):
            if _IMAGE_TOKEN.fullmatch(token) and f"://{token}" not in code:
                yield Sighting(token, number, "", way, Claim.MAYBE)
