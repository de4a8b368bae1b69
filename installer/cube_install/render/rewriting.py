"""Rewriting references in files: each exact token, in the line where a scan found it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_scan.findings import Kind, Way

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_install.render.places import Places
    from cube_scan.findings import Finding

# What may not stand beside a token, or it is but part of a longer one. An escape such as \n ends a
# token before it, though its letter could belong to one.
_NOT_BEFORE = r"(?:(?<![\w./:@-])|(?<=\\[nrt]))"
_NOT_BEHIND_NAME = r"(?![\w/:@-]|\.\w)"
_NOT_BEHIND_URL = r"(?![\w/%?&=#~+:@-]|\.\w)"
_SCHEME = re.compile(r"^(?:https?|docker|oci|docker-image)://")
_MOST_LINES_ON = 60


@dataclass(frozen=True)
class Replacement:
    """A token that stands in a line, counted from 1, or soon after, and what comes in its place."""

    line: int
    token: str
    text: str
    is_url: bool = False


def replacements(findings: Iterable[Finding], places: Places) -> dict[str, list[Replacement]]:
    """What is to be replaced, by file: references and URLs, by where `places` has them.

    A name that is put together from parts changes in its first part. What has no place stays.
    """
    found: dict[str, dict[Replacement, None]] = defaultdict(dict)
    for finding in findings:
        one = _replacement(finding, places)
        if one is not None:
            found[finding.place.file][one] = None
    return {name: list(ones) for name, ones in found.items()}


def _replacement(finding: Finding, places: Places) -> Replacement | None:
    line = finding.place.line
    if finding.kind is Kind.ASSET:
        url = places.addresses.get(finding.text)
        return Replacement(line, finding.text, url, is_url=True) if url else None
    target = places.targets.get(finding.reference) if finding.reference else None
    if target is None:
        return None
    if finding.way is not Way.PARTS:
        return Replacement(line, _SCHEME.sub("", finding.text), str(target))
    if finding.rest is None or not target.name.endswith(finding.rest):
        return None
    return Replacement(line, finding.text, target.name.removesuffix(finding.rest))


def rewritten(text: str, wanted: Iterable[Replacement]) -> str:
    """`text` with each token replaced; one that is not where it was found is left alone."""
    lines = text.split("\n")
    for one in wanted:
        pattern = _pattern(one)
        for number in range(one.line - 1, min(one.line - 1 + _MOST_LINES_ON, len(lines))):
            changed, count = pattern.subn(lambda _, one=one: one.text, lines[number])  # type: ignore[misc]
            if count:
                lines[number] = changed
                break
    return "\n".join(lines)


def _pattern(one: Replacement) -> re.Pattern[str]:
    behind = _NOT_BEHIND_URL if one.is_url else _NOT_BEHIND_NAME
    return re.compile(_NOT_BEFORE + re.escape(one.token) + behind)
