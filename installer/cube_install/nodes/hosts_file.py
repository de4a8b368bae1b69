"""The file that names the nodes to log in to: a line each, `[USER@]HOST[:PORT]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_airgap.file_range import read_head

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 1 << 20
_LINE = re.compile(
    r"(?:(?P<user>[A-Za-z0-9._-]+)@)?"
    r"(?P<host>\[[A-Fa-f0-9:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


@dataclass(frozen=True, order=True)
class NodeAddress:
    """Where to log in, and as whom; what is empty or 0 is left to ~/.ssh/config."""

    host: str
    user: str = ""
    port: int = 0

    def __str__(self) -> str:
        return self.host if not self.port else f"{self.host}:{self.port}"


def read_hosts(path: Path) -> tuple[NodeAddress, ...]:
    """The nodes in the file, in its order. Raises MissingError; UsageError with the line."""
    text = read_head(path, _LARGEST).decode(errors="replace")
    return parse_hosts(text, str(path))


def parse_hosts(text: str, origin: str) -> tuple[NodeAddress, ...]:
    """The nodes in `text`; `#` begins a comment. Raises UsageError with the line."""
    found: dict[tuple[str, int], NodeAddress] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        match = _LINE.fullmatch(words)
        if match is None or int(match["port"] or 0) > 65_535:
            raise _error(f"{origin}:{number}: {words[:100]!r} is no node")
        node = NodeAddress(match["host"].strip("[]"), match["user"] or "", int(match["port"] or 0))
        if (node.host, node.port) in found:
            raise _error(f"{origin}:{number}: {node} is there already")
        found[node.host, node.port] = node
    if not found:
        raise _error(f"{origin} names no node")
    return tuple(found.values())


def _error(what: str) -> UsageError:
    return UsageError(what, remedy="write one node a line, as HOST, USER@HOST or USER@HOST:PORT")
