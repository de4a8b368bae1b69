"""Installing the unit on this host, and starting it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from cube_airgap.disk import write_atomically, writing_to
from cube_airgap.errors import AirgapError
from cube_install.serve.unit import NAME

_UNITS = Path("/etc/systemd/system")
_RUNNING = Path("/run/systemd/system")
_NEWEST = 999  # what is taken where none runs that could be asked


def systemd_version() -> int | None:
    """The version of the systemd that runs this host; None where something else does."""
    if not _RUNNING.is_dir():
        return None
    found = re.match(r"systemd (\d+)", _systemctl("--version"))
    return int(found[1]) if found else _NEWEST


def install_unit(text: str) -> Path:
    """Write the unit, and have it started now and at each boot. Raises SpaceError, AirgapError."""
    path = _UNITS / NAME
    write_atomically(path, text.encode())
    with writing_to(path):
        path.chmod(0o644)
    _systemctl("daemon-reload")
    _systemctl("enable", NAME)
    _systemctl("restart", NAME)
    return path


def _systemctl(*arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ("systemctl", *arguments),  # noqa: S607 - it is where the system has it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise _failed(arguments, error.strerror or str(error)) from None
    if done.returncode:
        raise _failed(arguments, " ".join(done.stderr.split())[-300:])
    return done.stdout


def _failed(arguments: tuple[str, ...], why: str) -> AirgapError:
    return AirgapError(
        f"systemctl {' '.join(arguments)} failed: {why}",
        remedy=f"run this as root, and see what journalctl -u {NAME} says",
    )
