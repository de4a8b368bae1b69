"""A real containerd of its own: it shares nothing with the machine's."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_SECONDS = 60


@dataclass(frozen=True)
class RealContainerd:
    """A running containerd, with all that it keeps in `directory`."""

    directory: Path

    def ctr(self, *arguments: str) -> str:
        """Run the `ctr` command with it and return what that prints."""
        command = ["ctr", "--address", str(self.directory / "containerd.sock"), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def hosts(self, host: str, server: str, *more: str) -> Path:
        """A directory of hosts.toml files, where `server` is the only place for `host`'s images."""
        directory = self.directory / "certs.d"
        (directory / host).mkdir(parents=True, exist_ok=True)
        lines = [f'server = "{server}"', f'[host."{server}"]']
        lines += ['  capabilities = ["pull", "resolve"]', *more]
        (directory / host / "hosts.toml").write_text("\n".join(lines) + "\n")
        return directory

    def digests(self) -> dict[str, str]:
        """The digest of every image by name."""
        lines = self.ctr("images", "list").splitlines()[1:]
        return {line.split()[0]: line.split()[2] for line in lines}


@contextmanager
def running_containerd() -> Iterator[RealContainerd]:
    """Start one and stop it at the end."""
    program = shutil.which("containerd")
    assert program, "containerd is not installed: apt-get install containerd"
    # Socket paths may have 107 bytes only, so it cannot be pytest's directory.
    with tempfile.TemporaryDirectory(prefix="ctr-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        log = directory / "containerd.log"
        (directory / "config.toml").write_text(
            'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
        )
        command = [
            *(program, "--config", f"{name}/config.toml", "--address", f"{name}/containerd.sock"),
            *("--root", f"{name}/root", "--state", f"{name}/state"),
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not (directory / "containerd.sock").exists():
                ended = process.poll() is not None or time.monotonic() > deadline
                assert not ended, f"containerd does not start: {log.read_text()[-2000:]}"
                time.sleep(0.02)
            yield RealContainerd(directory)
        finally:
            process.terminate()
            process.wait()
