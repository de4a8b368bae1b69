"""A real Docker daemon with a containerd of its own: it shares nothing with the machine's."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.image_factory import ImageBlobs, write_docker_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_START_SECONDS = 60


@dataclass(frozen=True)
class RealDocker:
    """A running daemon; `host` is what DOCKER_HOST has to say."""

    host: str
    socket: Path
    directory: Path

    def run(self, *arguments: str) -> str:
        """Run the `docker` command with it and return what that prints."""
        command = ["docker", "--host", self.host, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def load(self, name: str, one: ImageBlobs) -> None:
        """Load an image of one platform under `name`."""
        archive = self.directory / "load.tar"
        write_docker_archive(archive, {name: one})
        self.run("load", "--quiet", "--input", str(archive))
        archive.unlink()


@contextmanager
def running_docker() -> Iterator[RealDocker]:
    """Start a daemon that keeps everything in a directory of its own, and stop it at the end."""
    # Socket paths may have 107 bytes only, so it cannot be pytest's directory.
    with tempfile.TemporaryDirectory(prefix="docker-", ignore_cleanup_errors=True) as name:
        docker = RealDocker(f"unix://{name}/docker.sock", Path(name, "docker.sock"), Path(name))
        with ExitStack() as started:
            containerd = Path(name, "containerd.sock")
            started.enter_context(_process(docker, _containerd(name, containerd), containerd))
            started.enter_context(_process(docker, _dockerd(name, containerd), docker.socket))
            yield docker


def _containerd(name: str, socket: Path) -> list[str]:
    config = Path(name, "containerd.toml")
    config.write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
    return [
        *("containerd", "--config", str(config), "--address", str(socket)),
        *("--root", f"{name}/containerd", "--state", f"{name}/containerd-state"),
    ]


def _dockerd(name: str, containerd: Path) -> list[str]:
    Path(name, "daemon.json").write_text("{}")
    return [
        *("dockerd", "--config-file", f"{name}/daemon.json", "--containerd", str(containerd)),
        *("--host", f"unix://{name}/docker.sock", "--pidfile", f"{name}/docker.pid"),
        *("--data-root", f"{name}/data", "--exec-root", f"{name}/exec"),
        *("--storage-driver", "vfs", "--bridge", "none", "--iptables=false"),
    ]


@contextmanager
def _process(docker: RealDocker, command: Sequence[str], socket: Path) -> Iterator[None]:
    """Run `command` until the end, once it listens on `socket`."""
    program = shutil.which(command[0])
    assert program, f"{command[0]} is not installed: apt-get install docker.io"
    log = docker.directory / f"{command[0]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen([program, *command[1:]], stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not socket.exists():
            ended = process.poll() is not None or time.monotonic() > deadline
            assert not ended, f"{command[0]} does not start: {log.read_text()[-2000:]}"
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()
