"""What contenders ask of a registry: its requests, and the bytes that its process reads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from measuring import Run

    from tests.support.real_registry import RealRegistry

_REQUEST = re.compile(r'"(GET|HEAD|PUT|POST|PATCH|DELETE) \S+ HTTP/1')


@dataclass
class Measured:
    """One contender's runs; `received` is what the target registry read in each, in bytes."""

    runs: list[Run] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)

    def report(self) -> list[dict[str, object]]:
        """All runs, for machines."""
        each = zip(self.runs, self.received, self.requests, strict=True)
        return [vars(run) | {"received": got, "requests": asked} for run, got, asked in each]


def requests_of(registry: RealRegistry) -> int:
    """How many requests its log has."""
    return len(_REQUEST.findall(registry.log.read_text()))


def received_by(registry: RealRegistry) -> int:
    """What the registry's process has read in its life: from sockets, and a little from disk."""
    text = Path(f"/proc/{registry.pid}/io").read_text()
    return int(dict(line.split(": ") for line in text.splitlines())["rchar"])
