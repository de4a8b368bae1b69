"""A node of the lab with a real sshd, and containerd or Docker as a service."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.lab import Host

_SSHD = "/usr/sbin/sshd"
_START_SECONDS = 60
_QUICK = "CUBE_AIRGAP_PATIENCE=60 CUBE_AIRGAP_SETTLING=2"
_KEYS = "/etc/ssh/lab_keys"  # where every user may read it
USERS_CONTAINERD = """\
# the user's own
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "harbor.site/pause:3.7"  # kept

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = false
"""
USERS_DOCKER = {"storage-driver": "vfs", "bridge": "none", "iptables": False, "ip6tables": False}
COMMANDS = {"containerd": "containerd", "docker": "dockerd"}


@dataclass(frozen=True)
class Node:
    """A host that runs services, with keys for root to log in."""

    host: Host
    key: Path
    port: int = 22

    @property
    def services(self) -> Path:
        return self.host.directory / "bin/services"

    def serve_ssh(self, *more: str) -> None:
        """Start sshd, which lets root in by the key."""
        assert Path(_SSHD).exists(), "sshd is not installed: apt-get install openssh-server"
        host = self.host
        make_key(host.directory / "host_key")
        config = [
            f"Port {self.port}",
            f"HostKey {host.directory}/host_key",
            f"AuthorizedKeysFile {_KEYS}",
            "PermitRootLogin yes",
            "StrictModes no",
            "UsePAM no",
            f"PidFile {host.directory}/sshd.pid",
            f"SetEnv PATH={host.directory}/bin:/usr/bin:/bin {_QUICK}",
            *more,
        ]
        host.write(_KEYS, Path(f"{self.key}.pub").read_text())
        (host.directory / "sshd_config").write_text("\n".join(config) + "\n")
        log = host.start("sshd", _SSHD, "-D", "-e", "-f", host.directory / "sshd_config")
        host.listens(self.port, log)

    @property
    def known_host(self) -> str:
        """Its line of known_hosts."""
        key = (self.host.directory / "host_key.pub").read_text().split()
        return f"{self.host.name} {key[0]} {key[1]}\n"

    def provide(self, service: str, command: str = "") -> None:
        """Let systemctl know a service, and start it."""
        self.services.mkdir(parents=True, exist_ok=True)
        program = self.services.parent / "systemctl"
        if not program.exists():
            shutil.copy(Path(__file__).with_name("node_services.sh"), program)
        (self.services / f"{service}.command").write_text(command or COMMANDS[service])
        self.systemctl("start", service)

    def systemctl(self, *arguments: str) -> None:
        self.host.run(self.services.parent / "systemctl", *arguments)

    def run_containerd(self, config: str = USERS_CONTAINERD) -> None:
        if config:
            self.host.write("/etc/containerd/config.toml", config)
        self.provide("containerd")
        self.wait_until("ctr", "version")

    def run_docker(self, **settings: object) -> None:
        text = json.dumps({**USERS_DOCKER, **settings})
        self.host.write("/etc/docker/daemon.json", text)
        self.provide("docker")
        self.wait_until("docker", "version")

    def wait_until(self, *command: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self.host.run(*command, check=False).returncode:
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.1)

    def logs(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in self.services.glob("*.log"))

    def calls(self) -> list[str]:
        """What systemctl was asked to do, but for looks."""
        lines = (self.services / "log").read_text().splitlines()
        return [
            line
            for line in lines
            if not line.startswith(("is-active", "is-failed", "reset-failed"))
        ]

    def stop(self) -> None:
        """End the services; sshd ends with the host."""
        for path in self.services.glob("*.pid") if self.services.exists() else ():
            self.systemctl("stop", path.stem)


def make_key(path: Path) -> Path:
    """An SSH key without a password at `path`, its public half beside it."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
        subprocess.run(command, check=True)
    return path
