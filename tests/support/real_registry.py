"""A real docker-registry, from Debian's package, on a free port of the loopback interface."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import bcrypt

from tests.support.image_factory import ImageBlobs, push

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_START_SECONDS = 20
_TRIES = 5


@dataclass(frozen=True)
class RegistryOptions:
    """How it is set up: Basic users, a TLS certificate with its key, or a token service."""

    users: tuple[tuple[str, str], ...] = ()
    certificate: tuple[Path, Path] | None = None
    token: dict[str, str] | None = None


@dataclass(frozen=True)
class RealRegistry:
    """A running registry; `host` is HOST:PORT, `storage` the directory with its data."""

    host: str
    scheme: str
    storage: Path
    log: Path
    pid: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    def push(self, repository: str, tag: str, one: ImageBlobs) -> str:
        """Push an image by plain HTTP and return its full reference."""
        push(self.url, repository, tag, one)
        return f"{self.host}/{repository}:{tag}"

    def blob_path(self, digest: str) -> Path:
        """Where the registry keeps a blob, to spoil it."""
        algorithm, _, value = digest.partition(":")
        return self.storage / "docker/registry/v2/blobs" / algorithm / value[:2] / value / "data"


@contextmanager
def running_registry(
    directory: Path, options: RegistryOptions = RegistryOptions()
) -> Iterator[RealRegistry]:
    """Start a registry that keeps everything below `directory`, and stop it at the end."""
    program = shutil.which("docker-registry")
    assert program, "docker-registry is not installed: apt-get install docker-registry"
    directory.mkdir(parents=True, exist_ok=True)
    for _ in range(_TRIES):  # another process may take the free port first
        registry = _configured(directory, options)
        with registry.log.open("wb") as log:
            process = subprocess.Popen(
                [program, "serve", str(directory / "config.json")], stdout=log, stderr=log
            )
        try:
            if _answers(registry, process):
                yield replace(registry, pid=process.pid)
                return
        finally:
            process.terminate()
            process.wait()
    raise AssertionError(f"docker-registry does not start: {registry.log.read_text()[-2000:]}")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _configured(directory: Path, options: RegistryOptions) -> RealRegistry:
    host = f"127.0.0.1:{free_port()}"
    http: dict[str, Any] = {"addr": host}
    config: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": False}},
        "storage": {
            "filesystem": {"rootdirectory": str(directory / "data")},
            "delete": {"enabled": True},
        },
        "http": http,
    }
    if options.certificate:
        certificate, key = options.certificate
        http["tls"] = {"certificate": str(certificate), "key": str(key)}
    if options.users:
        config["auth"] = {"htpasswd": {"realm": "test", "path": _htpasswd(directory, options)}}
    if options.token:
        config["auth"] = {"token": options.token}
    (directory / "config.json").write_text(json.dumps(config))
    scheme = "https" if options.certificate else "http"
    return RealRegistry(host, scheme, directory / "data", directory / "registry.log")


def _htpasswd(directory: Path, options: RegistryOptions) -> str:
    path = directory / "htpasswd"
    lines = [
        f"{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()}\n"
        for user, password in options.users
    ]
    path.write_text("".join(lines))
    return str(path)


def _answers(registry: RealRegistry, process: subprocess.Popen[bytes]) -> bool:
    """Wait until it answers, if only to refuse; False when it ended instead."""
    deadline = time.monotonic() + _START_SECONDS
    host, _, port = registry.host.partition(":")
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.02)
            continue
        return process.poll() is None
    return False
