"""A registry of the demo's own: docker-registry on a free port of the loopback interface."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_START_SECONDS = 30
_TRIES = 5


@dataclass(frozen=True)
class DemoRegistry:
    """A running registry at `host`, which is HOST:PORT, with plain HTTP."""

    host: str
    data: Path
    process: subprocess.Popen[bytes]

    def pause(self) -> None:
        """Stop answering, as a registry behind a broken link does."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        self.process.send_signal(signal.SIGCONT)

    def tag_directory(self, repository: str, tag: str) -> Path:
        """Where it keeps a tag; without that the image is not found, though its blobs are there."""
        repositories = self.data / "docker/registry/v2/repositories"
        return repositories / repository / "_manifests/tags" / tag


@contextmanager
def running_registry(directory: Path) -> Iterator[DemoRegistry]:
    """Start a registry that keeps everything below `directory`; stop it at the end."""
    directory.mkdir(parents=True)
    for _ in range(_TRIES):  # another program may take the free port first
        registry = _started(directory)
        try:
            if answers(registry.host, registry.process):
                yield registry
                return
        finally:
            registry.process.kill()
            registry.process.wait()
    raise SystemExit(f"docker-registry does not start; see {directory / 'registry.log'}")


def _started(directory: Path) -> DemoRegistry:
    host = free_address()
    config = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory / "data")}},
        "http": {"addr": host},
    }
    path = directory / "config.json"  # JSON is YAML, which it expects
    path.write_text(json.dumps(config))
    with (directory / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the command in front
        )
    return DemoRegistry(host, directory / "data", process)


def free_address() -> str:
    """HOST:PORT of the loopback interface where nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def answers(host: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until `process` listens at `host`; False when it ended instead."""
    deadline = time.monotonic() + _START_SECONDS
    name, _, port = host.partition(":")
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((name, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.02)
            continue
        return process.poll() is None
    return False
