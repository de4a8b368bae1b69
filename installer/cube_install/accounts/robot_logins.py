"""The two robots of a site, one that loads and one that pulls, and the files with their secrets.

Harbor tells a robot's secret once, when it is made or renewed. Renewing shuts out whoever has the
old one, and that may be every node of a cluster: so it is only done when asked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, AuthenticationError, SpaceError, UsageError
from cube_airgap.registry.creds_file import read_creds_file
from cube_airgap.registry.login import Login
from cube_harbor.identity import check_login
from cube_harbor.robots import (
    LOADING,
    PULLING,
    Level,
    RobotWish,
    delete_robot,
    find_robot,
    make_robot,
    renew_secret,
)
from cube_harbor.secret import Secret, write_login_file
from cube_install.accounts.pull_secret import read_pull_secret, write_pull_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cube_harbor.api import HarborApi
    from cube_harbor.robots import Right


class Existing(StrEnum):
    """What becomes of a robot that is there and of which no file here has the secret."""

    KEPT = "kept"
    RENEWED = "renewed"


class Fate(StrEnum):
    """What became of a robot."""

    MADE = "made"
    FOUND = "there already, and its login works"
    RENEWED = "there already, with a new secret now"
    ELSEWHERE = "there already, and its secret is not here"


@dataclass(frozen=True)
class RobotFile:
    """A robot's purpose and rights, and the file with its login; `option` is how that is named."""

    purpose: str
    option: str
    path: Path
    rights: tuple[Right, ...]
    read: Callable[[Path, str], Login | None]
    write: Callable[[Path, str, str, Secret], None]


@dataclass(frozen=True)
class RobotLogin:
    """A robot: its name to log in with, what became of it, and its login where that is known."""

    purpose: str
    name: str
    fate: Fate
    path: Path
    login: Login | None = None


def loading_file(path: Path) -> RobotFile:
    """The robot that may push; `path` is written so that --creds-file reads it."""
    return RobotFile("load", "--load-login", path, LOADING, _read_login, write_login_file)


def pulling_file(path: Path) -> RobotFile:
    """The robot that may pull; `path` becomes a Kubernetes secret."""
    return RobotFile("pull", "--pull-secret", path, PULLING, read_pull_secret, write_pull_secret)


def provide_robot(
    api: HarborApi, file: RobotFile, projects: Sequence[str], existing: Existing
) -> RobotLogin:
    """See that there is such a robot for `projects`, and that the file has its login.

    A robot for one project belongs to it, so that its administrators can make it; one for several
    is Harbor's. Raises AirgapError.
    """
    wish = _wish(file, tuple(projects))
    project = projects[0] if wish.level is Level.PROJECT else None
    robot = find_robot(api, wish.name, project)
    kept = file.read(file.path, api.host)
    if robot is None:
        _check_replaceable(file, kept, f"{project}+{wish.name}" if project else wish.name)
        return _made(api, file, wish)
    if kept and kept.username == robot.name and existing is Existing.KEPT and _works(api, kept):
        return RobotLogin(file.purpose, robot.name, Fate.FOUND, file.path, kept)
    if existing is Existing.KEPT:
        return RobotLogin(file.purpose, robot.name, Fate.ELSEWHERE, file.path)
    _check_replaceable(file, kept, robot.name)
    return _written(api, file, robot.name, renew_secret(api, robot), Fate.RENEWED)


def _check_replaceable(file: RobotFile, kept: Login | None, name: str) -> None:
    """See that writing the file loses nothing: no other robot's secret, nor what a person wrote."""
    is_own = kept is not None and kept.username.endswith(name)
    if not is_own and os.path.lexists(file.path):
        raise UsageError(
            f"{file.path} is there, and holds something else than the login of {name}",
            remedy=f"name another file with {file.option}, or move that one away: what was in it "
            "could not be had again",
        )


def _wish(file: RobotFile, projects: tuple[str, ...]) -> RobotWish:
    if len(projects) == 1:
        return RobotWish(f"cube-{file.purpose}", Level.PROJECT, projects, file.rights)
    return RobotWish(f"{projects[0]}-cube-{file.purpose}", Level.SYSTEM, projects, file.rights)


def _made(api: HarborApi, file: RobotFile, wish: RobotWish) -> RobotLogin:
    made = make_robot(api, wish)
    try:
        return _written(api, file, made.robot.name, made.secret, Fate.MADE)
    except SpaceError:
        # Nobody would ever know its secret: the next run is to make it anew.
        delete_robot(api, made.robot)
        raise


def _written(api: HarborApi, file: RobotFile, name: str, secret: Secret, fate: Fate) -> RobotLogin:
    file.write(file.path, api.host, name, secret)
    login = Login(str(file.path), name, secret.reveal())
    return RobotLogin(file.purpose, name, fate, file.path, login)


def _works(api: HarborApi, login: Login) -> bool:
    try:
        check_login(replace(api, login=login))
    except AuthenticationError:
        return False
    return True


def _read_login(path: Path, host: str) -> Login | None:
    try:
        return read_creds_file(path).get(host)
    except AirgapError:
        return None
