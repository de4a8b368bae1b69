"""The transcript of somebody's conversation with a real Harbor, where it is at hand.

It was written by another hand than the recordings, so it guards against mistakes that they share
with the double. The file is no part of the repository.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.harbor.exchange import Exchange, Names

_FILE = Path(__file__).parents[4] / "shared/data/harbor/transcript-harbor-2.9.5.txt"
_LINE = re.compile(r"\[([^\]]*)\] ([A-Z]+) (\S*) -> (\d+) (\{.*?\}) (b['\"].*)")
_VARYING = (
    (re.compile(r"https?://127\.0\.0\.1:\d+"), "{base}"),
    (re.compile(r"sha256([:-])[0-9a-f]{64}"), r"sha256\1{hex}"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "{uuid}"),
    (re.compile(r"\?_state=[^&\"'\s]*"), "?{state}"),
    (re.compile(r"\d+(?:\.\d+)? [KMGT]?i?B"), "{size}"),
    (
        re.compile(
            r"(/(?:projects|robots|registries|policies|executions|gc|\w+rules|retentions)/)\d+"
        ),
        r"\1{n}",
    ),
    (re.compile(r"((?:repository|project:|account|policy) )\d+"), r"\1{n}"),
    (re.compile(r"x{50,}"), "{long}"),
    (re.compile(r"t{50,}"), "{long}"),
)
# What the transcript calls the things that a run has its own names for.
_THEIRS = {"number": "12345", "site": "siteB", "engine": "df1"}
# Long paths are cut off in the transcript; what comes before these is enough to know them by.
_REST = re.compile(
    r"(\?_state=|[?&]from=|&scope=repository:p2|(?<=artifacts/sha256:)[0-9a-f]|x{50,}|t{50,}).*"
)
_FIRST_WORDS = 100


@dataclass(frozen=True)
class Told:
    """One exchange; `key` tells it apart from the others."""

    key: str
    status: int
    headers: dict[str, str]
    body: bytes


def read_transcript() -> list[Told]:
    """Nothing where there is no transcript."""
    lines = _FILE.read_text().splitlines() if _FILE.exists() else []
    part = ""
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        if line.startswith("##### "):
            part = line.removeprefix("##### ")
        if not (match := _LINE.fullmatch(line)):
            continue
        label, method, path, status, headers, body = match.groups()
        key = key_of(f"{part}:{label}", method, path)
        seen[key] += 1
        if seen[key] > 1:
            key = key_of(f"{part}:{label}#{seen[key]}", method, path)
        told = ast.literal_eval(headers.replace("{, ", "{"))
        found.append(Told(key, int(status), told, ast.literal_eval(body)))
    return found


def key_of(seen: str, method: str, path: str) -> str:
    return f"{seen} {method} {shortened(path)}"


def exchange_key(exchange: Exchange, names: Names) -> str:
    """The key under which the transcript would have it."""
    path = exchange.path.removeprefix(names.base)
    return key_of(exchange.seen, exchange.method, theirs(names.emptied(path), names))


def theirs(text: str, names: Names) -> str:
    """A text with the transcript's names in the place of this run's."""
    for placeholder in names.projects:
        text = text.replace(f"{{{placeholder}}}", _THEIRS.get(placeholder, placeholder))
    return text


class Keys(tuple[str, ...]):
    """The keys of a JSON text in their order."""

    __slots__ = ()


def keys_of(text: str) -> Keys:
    return Keys(re.findall(r'"(\w+)":', text))


def shortened(text: str) -> str:
    return plain(_REST.sub("…", text))


def plain(text: str) -> str:
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return text


def compared(body: bytes) -> Any:  # noqa: ANN401 - JSON can be anything
    """Errors word by word; of other JSON, which may be cut off, the keys in their order."""
    text = plain(body.decode(errors="replace"))
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict) and "errors" in value:
        return value["errors"]
    if text[:1] in {"{", "["}:
        return keys_of(text)
    return text.strip().partition("\n")[0].strip()[:_FIRST_WORDS]
