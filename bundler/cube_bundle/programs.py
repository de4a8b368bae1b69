"""The self-contained installers that a bundle brings along (docs/self-contained.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cube_airgap.disk import write_atomically
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.file_range import read_head
from cube_airgap.tar_member import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cube_airgap.platforms import Platform
    from cube_bundle.lock import LockedFile

# The second line of such a file says what it is (scripts/make_installer).
_MARK = re.compile(rb"#!/bin/sh\n# cube-install (\S+) for linux/([a-z0-9]+):")
_LARGEST = 128 << 20
_MODE = 0o755


@dataclass(frozen=True)
class Installer:
    """One self-contained cube-install: its bytes, and the architecture as images call it."""

    architecture: str
    content: bytes

    @property
    def name(self) -> str:
        """What it is called beside a bundle."""
        return f"{PROGRAM}-linux-{self.architecture}"


def read_installer(path: Path) -> Installer:
    """Read one that was made or carried. Raises MissingError; UsageError for another file."""
    content = read_head(path, _LARGEST + 1)
    mark = _MARK.match(content)
    if mark is None or len(content) > _LARGEST:
        raise UsageError(
            f"{path} is no self-contained cube-install",
            remedy="make one with `make installer`, which writes dist/cube-install-linux-amd64",
        )
    return Installer(mark[2].decode(), content)


def shipped_installers() -> tuple[Installer, ...]:
    """Those that came with this package; a checkout has none."""
    directory = Path(__file__).parent / "data" / "programs"
    return tuple(read_installer(path) for path in sorted(directory.glob(f"{PROGRAM}-linux-*")))


def chosen_installers(
    given: Sequence[Path], platforms: Iterable[Platform]
) -> tuple[Installer, ...]:
    """Those at `given`, or without any the shipped ones for `platforms`, in their order.

    Raises MissingError; UsageError for a file that is none, and for two of one architecture.
    """
    if not given:
        known = {one.architecture: one for one in shipped_installers()}
        wanted = dict.fromkeys(one.architecture for one in platforms)
        return tuple(known[name] for name in wanted if name in known)
    found = tuple(read_installer(path) for path in given)
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two files are a {name}", remedy="give one for each architecture")
    return found


def members(installers: Sequence[Installer]) -> dict[str, bytes]:
    """Where they are in a bundle: the first as `cube-install`, which people unpack."""
    return {PROGRAM if at == 0 else one.name: one.content for at, one in enumerate(installers)}


def check_locked(locked: Iterable[LockedFile], there: Mapping[str, bytes]) -> None:
    """Raise MissingError where `there` lacks an installer of a lock, or has another one."""
    for one in locked:
        if not one.digest.matches(there.get(one.path, b"")):
            raise MissingError(
                f"the lock has {one.path} with {one.digest}, which is not at hand",
                remedy="give that very file with --installer, or lock anew with --no-installer or "
                "the one that is there",
            )


def write_beside(installers: Iterable[Installer], bundle: Path) -> tuple[Path, ...]:
    """Write each beside `bundle`, for hosts whose tar knows no zstd. Raises SpaceError."""
    written = []
    for one in installers:
        path = bundle.parent / one.name
        write_atomically(path, one.content)
        path.chmod(_MODE)
        written.append(path)
    return tuple(written)
