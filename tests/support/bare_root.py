"""The root of a Debian older than the one that tests run on, with its base and no Python."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.command import Ran

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLDER_DEBIAN = "bullseye"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_SECONDS = 120


@dataclass(frozen=True)
class BareRoot:
    """A root file system at `path`, with /proc mounted."""

    path: Path

    def run(self, script: str, **environment: str) -> Ran:
        """Run `script` by the root's own /bin/sh, in its /root."""
        done = subprocess.run(
            ["chroot", str(self.path), "/bin/sh", "-c", f"cd /root\n{script}"],
            env={"PATH": _PATH, "HOME": "/root"} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@contextmanager
def bare_root(path: Path) -> Iterator[BareRoot]:
    """Make one in the new directory `path`, by debootstrap."""
    command = ["debootstrap", "--variant=minbase", OLDER_DEBIAN, str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    proc = str(path / "proc")
    subprocess.run(["mount", "-t", "proc", "proc", proc], check=True)
    try:
        yield BareRoot(path)
    finally:
        subprocess.run(["umount", proc], check=True)
