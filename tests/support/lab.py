"""A network of its own with several hosts and no way out, made of Linux namespaces.

Each host has a network and a mount namespace of its own, all hang on one switch, and nothing else
of this machine is on it. A host sees this machine's programs; what it changes in /etc, /var/lib and
the like stays with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).parents[2]
_START_SECONDS = 60
_SECONDS = 240
# Overlays of this machine's directories, so that the programs' own files are there; others empty.
_OVERLAID = ("/etc",)
_EMPTY = (
    "/run",
    "/opt",
    "/srv",
    "/data",
    "/var/cache",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/cube-airgap",
)
_SETUP = """\
set -eu
own=$1; shift
mount -t tmpfs lab "$own"
mkdir "$own/empty"
for directory in $OVERLAID; do
  mkdir -p "$own/up$directory" "$own/work$directory"
  mount -t overlay -o "lowerdir=$directory,upperdir=$own/up$directory,workdir=$own/work$directory" \
    overlay "$directory"
done
for directory in $EMPTY; do
  mkdir -p "$directory"
  mount -t tmpfs lab "$directory"
done
mkdir -p /run/sshd
rm -rf /etc/containerd /etc/docker /etc/rancher
printf '%s\\n' "$HOSTS" > /etc/hosts
: > /etc/resolv.conf
ip link set lo up
"""


@dataclass(frozen=True)
class Host:
    """One host; `directory` is a scratch directory that this machine sees too."""

    name: str
    address: str
    directory: Path
    pid: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def _command(self, *command: object) -> list[str]:
        entered = ["nsenter", f"--target={self.pid}", "--net", "--mount", f"--wd={ROOT}"]
        return [*entered, *(str(one) for one in command)]

    def run(
        self,
        *command: object,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        input: str = "",  # noqa: A002 - as subprocess has it
    ) -> subprocess.CompletedProcess[str]:
        """Run a program there to its end."""
        done = subprocess.run(
            self._command(*command),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env=self._environment(env),
            input=input,
        )
        assert done.returncode == 0 or not check, f"{command}: {done.stdout}{done.stderr}"
        return done

    def start(self, name: str, *command: object) -> Path:
        """Start a program there, to be ended with the lab; the file that has its output."""
        log = self.directory / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self._command(*command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment(None),
                start_new_session=True,
            )
        self.processes.append(process)
        return log

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file as the host sees it."""
        script = 'mkdir -p "$(dirname "$1")"; cat > "$1"; chmod "$2" "$1"'
        self.run("sh", "-c", script, "write", path, f"{mode:o}", input=text)

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout

    def listens(self, port: int, log: Path) -> None:
        """Wait until something there listens on `port`."""
        self._wait(lambda: self.run("ss", "-Hltn", f"sport = :{port}").stdout.strip() != "", log)

    def waits_for(self, path: Path, log: Path) -> None:
        """Wait until a program has written a file."""
        self._wait(path.exists, log)

    def _wait(self, condition: Callable[[], bool], log: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not condition():
            ended = any(one.poll() is not None for one in self.processes)
            assert not ended, f"it ended: {log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"nothing comes: {log.read_text()[-2000:]}"
            time.sleep(0.05)

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
        return {**kept, "HOME": str(self.directory), "PYTHONPATH": str(ROOT), **(more or {})}

    def stop(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def running_lab(*names: str) -> Iterator[dict[str, Host]]:
    """Hosts by name, 10.77.0.1 and on, that know each other's names; all ends with the block."""
    assert shutil.which("nsenter"), "nsenter is missing: apt-get install util-linux"
    addresses = {name: f"10.77.0.{number}" for number, name in enumerate(names, 1)}
    known = "\n".join(
        f"{address} {name} {name}.site {name}.example" for name, address in addresses.items()
    )
    with ExitStack() as stack:
        # Socket paths may have 107 bytes only, so it cannot be pytest's directory.
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lab-")))
        switch = stack.enter_context(_namespaces())
        _at(switch, "ip", "link", "add", "switch", "type", "bridge")
        _at(switch, "ip", "link", "set", "switch", "up")
        hosts = {}
        for name, address in addresses.items():
            pid = stack.enter_context(_namespaces())
            host = Host(name, address, top / name, pid)
            host.directory.mkdir()
            _plug_in(switch, host)
            _set_up(host, f"127.0.0.1 localhost\n{known}")
            stack.callback(host.stop)
            hosts[name] = host
        yield hosts


def _set_up(host: Host, known: str) -> None:
    own = host.directory / "own"
    own.mkdir()
    environment = {"OVERLAID": " ".join(_OVERLAID), "EMPTY": " ".join(_EMPTY), "HOSTS": known}
    host.run("sh", "-c", _SETUP, "set-up", own, env=environment)
    host.run("ip", "address", "add", f"{host.address}/24", "dev", "lab0")
    host.run("ip", "link", "set", "lab0", "up")


def _plug_in(switch: int, host: Host) -> None:
    port = f"to-{host.name}"[:15]
    peer = ("peer", "name", "lab0", "netns", str(host.pid))
    _at(switch, "ip", "link", "add", port, "type", "veth", *peer)
    _at(switch, "ip", "link", "set", port, "master", "switch", "up")


@contextmanager
def _namespaces() -> Iterator[int]:
    """A network and a mount namespace, kept by a process that does nothing else."""
    process = subprocess.Popen(
        ["unshare", "--net", "--mount", "--propagation", "private", "sleep", "infinity"]
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while _name_of(process.pid) != "sleep":
            assert process.poll() is None, "no network namespace can be made: run the tests as root"
            assert time.monotonic() < deadline, "unshare does not begin"
            time.sleep(0.01)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _at(pid: int, *command: str) -> None:
    subprocess.run(["nsenter", f"--target={pid}", "--net", *command], check=True)
