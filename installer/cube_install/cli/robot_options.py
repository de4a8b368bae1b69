"""Options about robot accounts, and making them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_install.accounts.robot_logins import (
    Existing,
    Fate,
    RobotLogin,
    loading_file,
    provide_robot,
    pulling_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cube_harbor.api import HarborApi

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--load-login",
        type=click.Path(dir_okay=False, path_type=Path),
        default=Path("harbor-load.yaml"),
        show_default=True,
        help="Where the loading robot's login is written, for --creds-file.",
    ),
    click.option(
        "--pull-secret",
        type=click.Path(dir_okay=False, path_type=Path),
        default=Path("hubsecret.yaml"),
        show_default=True,
        help="Where the pulling robot's Kubernetes secret is written.",
    ),
    click.option(
        "--renew-robots",
        is_flag=True,
        help="Give robots that are there new secrets. Whoever has the old ones is shut out, nodes "
        "too, until the new secret is applied.",
    ),
)


def robot_options(command: _Command) -> _Command:
    """Add the options; the command takes them with make_robots()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_robots(
    values: dict[str, Any], api: HarborApi, projects: Sequence[str]
) -> tuple[RobotLogin, RobotLogin]:
    """See that both robots are there, the loading one first. Raises AirgapError."""
    existing = Existing.RENEWED if values["renew_robots"] else Existing.KEPT
    load = provide_robot(api, loading_file(values["load_login"]), projects, existing)
    pull = provide_robot(api, pulling_file(values["pull_secret"]), projects, existing)
    return load, pull


def robot_text(robot: RobotLogin) -> str:
    """What became of a robot; never its secret."""
    if robot.fate is Fate.ELSEWHERE:
        return (
            f"{robot.name} is {robot.fate}: take {robot.path} from where it was made, or give "
            "--renew-robots"
        )
    return f"{robot.name} is {robot.fate}: {robot.path}"
