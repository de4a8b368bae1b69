"""A host with a real Docker daemon and a stand-in for its compose plugin, to bring Harbor up on."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.command import Ran, run
from tests.support.documented import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.real_docker import RealDocker

HOSTNAME = "harbor.example"


@dataclass(frozen=True)
class HarborPlace:
    """A directory to type commands in, and where things go; the ports are free ones."""

    docker: RealDocker
    place: Path
    http_port: int
    https_port: int

    @property
    def directory(self) -> Path:
        return self.place / "opt"

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def events(self) -> list[str]:
        """What compose was told to do, in its order."""
        path = self.place / "stand-in/events"
        return path.read_text().split() if path.exists() else []

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DOCKER_HOST": self.docker.host,
            "DOCKER_CONFIG": str(self.place / ".docker"),
            "STAND_IN": str(self.place / "stand-in"),
            "STAND_IN_ROOT": str(ROOT),
            "STAND_IN_PYTHON": sys.executable,
        }

    @property
    def usual(self) -> tuple[str, ...]:
        """Options that let it come up here."""
        return (
            f"--hostname={HOSTNAME}",
            f"--http-port={self.http_port}",
            f"--https-port={self.https_port}",
            f"--dir={self.directory}",
            f"--data-volume={self.data}",
            "--wait=60",
        )

    def harbor(self, *options: object, **environment: str) -> Ran:
        """Run `cube-install harbor`."""
        env = {**self.environment, **environment}
        return run("cube-install", "harbor", *options, cwd=self.place, env=env)

    def installed(self, version: str) -> Path:
        return self.directory / version / "harbor"

    def stop(self) -> None:
        """Stop what compose started, as a reboot of the host does."""
        stop_services(self.place / "stand-in")


@contextmanager
def harbor_place(docker: RealDocker, place: Path) -> Iterator[HarborPlace]:
    """A host without a Harbor; what was started is stopped at the end."""
    (place / "stand-in").mkdir()
    plugins = place / ".docker/cli-plugins"
    plugins.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("compose.sh"), plugins / "docker-compose")
    found = HarborPlace(docker, place, free_port(), free_port())
    try:
        yield found
    finally:
        found.stop()
        with suppress(Exception):
            docker.run("rm", "-f", "harbor-core")


def stop_services(stand_in: Path) -> None:
    """Stop what the stand-in for compose started that keeps its notes in that directory."""
    with suppress(FileNotFoundError, ProcessLookupError):
        pid = int((stand_in / "pid").read_text())
        os.kill(pid, signal.SIGTERM)
        _wait_for_end(pid)


def free_port() -> int:
    """A port of the loopback interface on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for_end(pid: int) -> None:
    descriptor = os.pidfd_open(pid)
    try:
        select.select([descriptor], [], [], 30)
    finally:
        os.close(descriptor)
