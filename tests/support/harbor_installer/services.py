"""What the stand-in for Harbor's containers does: it answers as a Harbor of those settings.

python -m tests.support.harbor_installer.services DIRECTORY
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.support.harbor.double import running_double
from tests.support.harbor.state import State

SICK = "sick.json"
"""In the data volume: services that are down, and why."""


def main() -> None:
    directory = Path(sys.argv[1])
    wished: dict[str, Any] = yaml.safe_load((directory / "docker-compose.yml").read_text())
    settings = wished["x-stand-in"]
    data = Path(settings["data"])
    state = State(
        version=_version(settings["version"]),
        external_url=f"https://{settings['host']}",
        admin=("admin", _first_password(data, directory)),
    )
    if (data / SICK).exists():
        state.sick = json.loads((data / SICK).read_text())
    files = (data / "secret/cert/server.crt", data / "secret/cert/server.key")
    port = settings["https"] or settings["http"]
    certificate = files if settings["https"] else None
    address = os.environ.get("STAND_IN_LISTEN", "127.0.0.1")
    with running_double(data / "registry", state, certificate, (address, port)):
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


def _version(text: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in text.removeprefix("v").split("."))
    return major, minor, patch


def _first_password(data: Path, directory: Path) -> str:
    """What was the administrator's password when the database was made."""
    kept = data / "database/admin"
    if not kept.exists():
        lines = (directory / "common/config/core/env").read_text().splitlines()
        kept.write_text(lines[0].partition("=")[2])
    return kept.read_text()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
