"""Docker on this host: whether Harbor can run in it, and which Harbor does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cube_airgap.errors import MissingError, UsageError
from cube_install.harbor_host.programs import Said, ask

_OLDEST = (20, 10, 10)
_NOT_FOUND = 127
_FROM_THE_KIT = "the profile kit of a bundle has it: cube-install kit"
_WORKING_DIRECTORY = '{{.Label "com.docker.compose.project.working_dir"}}'
_CORE = "harbor-core"  # a container's name, and the same in all of Harbor's versions


@dataclass(frozen=True)
class DockerFacts:
    """The daemon's version and architecture, and where it keeps images."""

    version: str
    architecture: str
    root: Path


def look_at_docker() -> DockerFacts:
    """Raises MissingError where there is none, UsageError where it cannot be used."""
    said = ask("docker", "version", "--format", "{{json .Server}}")
    if said.code == _NOT_FOUND:
        raise MissingError(
            "Docker is not installed on this host, and Harbor runs in it",
            remedy=f"install Docker 20.10.10 or newer; {_FROM_THE_KIT}",
        )
    server = _json(said.out)
    if said.code or not server:
        raise _unusable(said)
    version = str(server.get("Version", ""))
    if _numbers(version) < _OLDEST:
        raise UsageError(
            f"Docker {version} is too old for Harbor",
            remedy=f"install 20.10.10 or newer; {_FROM_THE_KIT}",
        )
    root = ask("docker", "info", "--format", "{{.DockerRootDir}}").out
    return DockerFacts(version, str(server.get("Arch", "")), Path(root or "/var/lib/docker"))


def check_compose() -> None:
    """Raise MissingError where Docker has no compose plugin."""
    if ask("docker", "compose", "version").code:
        raise MissingError(
            "Docker on this host has no compose plugin, which starts Harbor's containers",
            remedy="install docker-compose-plugin, or put the program docker-compose into "
            f"/usr/local/lib/docker/cli-plugins; {_FROM_THE_KIT}",
        )


def harbor_directory() -> Path | None:
    """Where the Harbor was installed whose containers Docker has, whoever did that."""
    names = ("ps", "-a", "--filter", f"name=^/?{_CORE}$", "--format", _WORKING_DIRECTORY)
    said = ask("docker", *names)
    return Path(said.out) if said.code == 0 and said.out else None


def publisher(port: int) -> str:
    """The name of the container that publishes `port`; empty where there is none."""
    said = ask("docker", "ps", "--filter", f"publish={port}", "--format", "{{.Names}}")
    return said.out.partition("\n")[0] if said.code == 0 else ""


def _unusable(said: Said) -> UsageError:
    if "permission denied" in said.err.lower():
        return UsageError(
            "this user may not use Docker",
            remedy="run the command with sudo, or as a member of the group docker",
        )
    return UsageError(
        f"Docker's daemon does not answer: {_last_line(said.err) or 'it said nothing'}",
        remedy="start it (systemctl start docker), see why it does not run (journalctl -u docker), "
        "then run the same command again",
    )


def _last_line(text: str) -> str:
    return text.rpartition("\n")[2][:300]


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
