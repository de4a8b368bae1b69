"""A `docker` that says what a test wants of it, for faults that no real one has at will."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


@dataclass(frozen=True)
class Scripted:
    """What it says to the commands that begin so: exit code, stdout and stderr."""

    start: str
    code: int = 0
    out: str = ""
    err: str = ""


def version_of(version: str, architecture: str = "amd64") -> Scripted:
    """A daemon of that version."""
    return Scripted("version", 0, json.dumps({"Version": version, "Arch": architecture}))


WELL = (
    version_of("27.3.1"),
    Scripted("compose version", 0, "Docker Compose version v2.29.7"),
    Scripted("info", 0, "/var/lib/docker"),
    Scripted("ps"),
)
"""A Docker that Harbor can run in, without any container."""


def script_docker(place: Path, patch: pytest.MonkeyPatch, *answers: Scripted) -> None:
    """Let `docker` be such a program; what it was not told to answer fails it."""
    lines = ["#!/bin/sh", 'case "$*" in']
    for one in answers:
        said = f"printf %s {shlex.quote(one.out)}; printf %s {shlex.quote(one.err)} >&2"
        lines.append(f"{shlex.quote(one.start)}*) {said}; exit {one.code} ;;")
    lines += ['*) echo "not expected: $*" >&2; exit 99 ;;', "esac"]
    program = place / "scripted/docker"
    program.parent.mkdir()
    program.write_text("\n".join(lines) + "\n")
    program.chmod(0o755)
    patch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
