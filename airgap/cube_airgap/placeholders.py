"""Placeholders: `${cube.NAME}` in the files of a stack, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BUILT_IN = ("registry", "registry.host", "registry.project", "platform", "bundle")
"""Names that stand for the site's registry and the platform's version, in every stack."""

Path = tuple[str | int, ...]
_PLACEHOLDER = re.compile(r"\$\{cube\.([^}\n]*)\}?")


def placeholders_in(text: str) -> Iterator[tuple[int, str]]:
    """Line, counted from 1, and name of each placeholder; a name that is not closed ends so."""
    for match in _PLACEHOLDER.finditer(text):
        closing = "" if match[0].endswith("}") else " (not closed)"
        yield text.count("\n", 0, match.start()) + 1, match[1] + closing


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with each placeholder's value in its place; what is unknown is left alone."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def texts_of(
    value: object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text in nested lists and mappings, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from texts_of(one, (*path, number))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts_of(one, (*path, key))
