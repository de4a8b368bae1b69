"""Base images of a Dockerfile, with its build arguments' defaults filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.urls import urls_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_FROM = re.compile(r"\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_COPY_FROM = re.compile(r"\s*(?:COPY|ADD)\s+(?:--\S+\s+)*--from=(\S+)", re.IGNORECASE)
_ARGUMENT = re.compile(r"\s*ARG\s+(\w+)(?:=(\S*))?", re.IGNORECASE)
_USE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")
_LOOKS_LIKE = re.compile(r"^\s*FROM\s+[\w./:$@{}-]+(?:\s+AS\s+\S+)?\s*$", re.MULTILINE)


def looks_like_dockerfile(text: str) -> bool:
    """Whether `text` has a FROM instruction in a line of its own."""
    return _LOOKS_LIKE.search(text) is not None


def images_in_dockerfile(text: str) -> Iterator[Sighting]:
    """The images that the stages begin with or copy from; stages themselves are none."""
    arguments: dict[str, str] = {}
    stages = {"scratch"}
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#"):
            continue
        argument = _ARGUMENT.match(line)
        if argument and argument[2]:
            arguments.setdefault(argument[1], argument[2].strip("\"'"))
        begun = _FROM.match(line) or _COPY_FROM.match(line)
        if begun:
            base = _USE.sub(lambda use: _value(use, arguments), begun[1])
            if base.lower() not in stages and not base.isdigit():
                yield _sighting(base, number)
            if begun.re is _FROM and begun[2]:
                stages.add(begun[2].lower())
        yield from urls_in(line, number, "", way=Way.DOCKERFILE)


def _value(use: re.Match[str], arguments: dict[str, str]) -> str:
    return arguments.get(use[1] or use[3], use[2] or use[0])


def _sighting(base: str, line: int) -> Sighting:
    if "$" in base:
        note = "a build argument without a default"
        return Sighting(base, line, "FROM", Way.DOCKERFILE, Claim.PARTIAL, note=note)
    return Sighting(base, line, "FROM", Way.DOCKERFILE, Claim.IMAGE)
