"""What is to be done to a Harbor, worked out before anything is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from cube_install.harbor_host.installer_archive import Contents, Unpacked


class Action(StrEnum):
    """What becomes of the Harbor of a host."""

    NONE = "none"
    START = "start"
    CONFIGURE = "configure"
    INSTALL = "install"
    UPGRADE = "upgrade"
    TAKE_OVER = "take over"


@dataclass(frozen=True)
class There:
    """What is on a host: the version that was started last, one that was begun with, and a Harbor
    that somebody else installed.
    """

    started: Unpacked | None = None
    begun: Unpacked | None = None
    foreign: Unpacked | None = None

    @property
    def base(self) -> Unpacked | None:
        """Whose settings are gone on with."""
        return self.begun or self.started or self.foreign


@dataclass(frozen=True)
class Choice:
    """What to do to which version; `previous` is stopped for it, and gives its settings."""

    action: Action
    version: str
    previous: Unpacked | None = None

    @property
    def installs(self) -> bool:
        """Whether an installer is unpacked and run."""
        return self.action in {Action.INSTALL, Action.UPGRADE, Action.TAKE_OVER}


def choose(there: There, wanted: Contents | None) -> Choice:
    """What an installer `wanted` asks for, settings left aside: NONE where all is there.

    Raises UsageError for a way back, MissingError where there is nothing to install.
    """
    previous = there.started or there.foreign
    if wanted is None:
        return _without_installer(there)
    here = [one for one in (previous, there.begun) if one is not None]
    newest = max(here, key=lambda one: one.release, default=None)
    if newest is not None and wanted.release < newest.release:
        raise UsageError(
            f"Harbor {newest.version} is on this host, and {wanted.version} is older: a database "
            "that a newer one has changed cannot be read by an older one",
            remedy="leave Harbor as it is, or give a newer installer; to go back, restore what "
            "was kept before the upgrade",
        )
    if there.started is not None and there.started.version == wanted.version:
        return Choice(Action.NONE, wanted.version)
    if there.started is not None:
        return Choice(Action.UPGRADE, wanted.version, there.started)
    if there.foreign is not None:
        return Choice(Action.TAKE_OVER, wanted.version, there.foreign)
    return Choice(Action.INSTALL, wanted.version)


def _without_installer(there: There) -> Choice:
    if there.begun is not None and there.begun != there.started:
        raise MissingError(
            f"the installation of Harbor {there.begun.version} was stopped in the middle",
            remedy="give the bundle or --archive again, to go on with it",
        )
    if there.started is None:
        raise MissingError(
            "there is no installer of Harbor",
            remedy="give --archive with harbor-offline-installer-VERSION.tgz, or a --bundle that "
            "was built with the profile kit",
        )
    return Choice(Action.NONE, there.started.version)


def check_foreign(foreign: Path, directory: Path) -> None:
    """Raise UsageError for a Harbor that somebody else installed in the directory `foreign`."""
    raise UsageError(
        f"a Harbor is on this host already, installed in {foreign}",
        remedy=f"give --take-over to have it looked after from {directory} on, with its data and "
        "settings; or remove it (docker compose down, there)",
    )
