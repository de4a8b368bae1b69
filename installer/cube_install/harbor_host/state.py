"""What an installation directory tells: which Harbor is there, and with which settings it runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cube_airgap.disk import write_atomically
from cube_install.harbor_host.installer_archive import Unpacked, find_unpacked

if TYPE_CHECKING:
    from cube_install.harbor_host.certificates import Certified

_MARK = "started.json"
_TRIVY = "trivy-adapter:"


@dataclass(frozen=True)
class Started:
    """With what a version was started last: a digest of its settings and certificates."""

    settings: str
    scans: bool


def newest(directory: Path, *, finished: bool) -> Unpacked | None:
    """The newest version below `directory` that has settings; with `finished`, that was started."""
    there = [one for one in find_unpacked(directory) if one.settings.exists()]
    found = [one for one in there if not finished or read_mark(one) is not None]
    return found[-1] if found else None


def read_mark(version: Unpacked) -> Started | None:
    """With what `version` was started last; None if it never was."""
    try:
        value = json.loads(_mark(version).read_text())
        return Started(str(value["settings"]), bool(value["scans"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_mark(version: Unpacked, started: Started) -> None:
    """Note that `version` was started so. Raises SpaceError."""
    body = {"settings": started.settings, "scans": started.scans}
    write_atomically(_mark(version), json.dumps(body).encode())


def fingerprint(settings: str, certified: Certified | None) -> str:
    """The same for the same settings and certificates: Harbor keeps copies of the latter."""
    seen = hashlib.sha256(settings.encode())
    if certified is not None:
        for path in (certified.certificate, certified.key):
            seen.update(path.read_bytes())
    return seen.hexdigest()


def runs_trivy(version: Unpacked) -> bool:
    """Whether `version` was set up with Trivy."""
    try:
        return _TRIVY in version.compose_file.read_text()
    except OSError:
        return False


def _mark(version: Unpacked) -> Path:
    return version.directory.parent / _MARK


def read_previous(version: Unpacked) -> Path | None:
    """Where the Harbor is that `version` takes over from somebody else; None where it does not."""
    try:
        return Path(json.loads(_previous(version).read_text())["directory"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_previous(version: Unpacked, directory: Path) -> None:
    """Note which Harbor `version` takes over: once that is stopped, Docker does not know it."""
    write_atomically(_previous(version), json.dumps({"directory": str(directory)}).encode())


def _previous(version: Unpacked) -> Path:
    return version.directory.parent / "taken-over.json"
