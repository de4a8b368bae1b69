"""Robot accounts with the least rights that loading or pulling needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import NetworkError, UsageError
from cube_harbor.api import API, ApiCall
from cube_harbor.fields import Fields
from cube_harbor.projects import read_project
from cube_harbor.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_harbor.api import HarborApi

NEVER_EXPIRES = -1


class Level(StrEnum):
    """Whose a robot is: the whole Harbor's, or one project's, whose administrators may make it."""

    SYSTEM = "system"
    PROJECT = "project"


@dataclass(frozen=True, order=True)
class Right:
    """An action on a kind of resource, in Harbor's words (src/common/rbac/const.go)."""

    resource: str
    action: str


PULLING = (Right("repository", "pull"),)
# A push needs pull beside it; the others are for looking before, and tagging afterwards.
LOADING = (
    Right("repository", "push"),
    Right("repository", "pull"),
    Right("repository", "list"),
    Right("artifact", "read"),
    Right("artifact", "list"),
    Right("accessory", "list"),
    Right("tag", "create"),
    Right("tag", "list"),
)


@dataclass(frozen=True)
class RobotWish:
    """A robot to make: its name without prefix, what it may do in projects, and for how many days.

    It has no rights on Harbor as a whole: before 2.10 those make a robot's rights in projects void
    (harbor, src/common/security/robot/context.go). So projects are made with another login.
    """

    name: str
    level: Level
    projects: tuple[str, ...]
    rights: tuple[Right, ...] = PULLING
    days: int = NEVER_EXPIRES


@dataclass(frozen=True)
class Robot:
    """A robot account; `name` is the one to log in with, prefix included.

    `expires_at` is in seconds since 1970, or None.
    """

    number: int
    name: str
    expires_at: int | None
    is_disabled: bool = False


@dataclass(frozen=True)
class NewRobot:
    """A robot just made, and its secret, which Harbor never tells again."""

    robot: Robot
    secret: Secret


def make_robot(api: HarborApi, wish: RobotWish) -> NewRobot:
    """Make a robot account. Raises UsageError when its name is taken; AirgapError."""
    what = f"make the robot account {wish.name}"
    call = ApiCall(f"{API}/robots", "POST", robot_body(wish), makes_one=True)
    reply = api.ask(call)
    if reply.status == 409:
        raise UsageError(
            f"{api.host} has a robot account {wish.name} already",
            remedy="use the login that was written when it was made, choose another name, or "
            "have it deleted or its secret renewed",
        )
    if reply.status != 201:
        raise api.refusal(reply, what)
    made = Fields(reply.body, "a new robot account")
    return NewRobot(parse_robot(made), _secret(made))


def robot_body(wish: RobotWish) -> dict[str, Any]:
    """What Harbor's API wants to be sent to make a robot. Raises UsageError."""
    if not wish.projects or (wish.level is Level.PROJECT and len(wish.projects) != 1):
        raise UsageError(
            f"the robot account {wish.name} is for {len(wish.projects)} projects, and its level "
            f"is {wish.level}",
            remedy="make one of the project's level for each project, or one of the system's for "
            "one or more",
        )
    return {
        "name": wish.name,
        "level": str(wish.level),
        "duration": wish.days,
        "description": "made by cube-install",
        "permissions": [_permission(name, wish.rights) for name in wish.projects],
    }


def find_robot(api: HarborApi, name: str, project: str | None = None) -> Robot | None:
    """A robot by its name without prefix, of the system or of `project`; or None.

    Raises AirgapError.
    """
    query = {}
    ending = name
    if project is not None:
        number = read_project(api, project).number
        query = {"q": f"Level=project,ProjectID={number}"}
        ending = f"{project}+{name}"
    for one in api.items(f"{API}/robots", "robot accounts", query):
        robot = parse_robot(one)
        # The prefix is a setting, and ends in something that no name has, $ if nobody changed it.
        head, _, tail = robot.name.rpartition(ending)
        if not tail and not head[-1:].isalnum():
            return robot
    return None


def renew_secret(api: HarborApi, robot: Robot) -> Secret:
    """Give a robot another secret; the one before is good for nothing from then on.

    Raises AirgapError.
    """
    call = ApiCall(f"{API}/robots/{robot.number}", "PATCH", {"secret": ""}, makes_one=True)
    reply = api.send(call, f"renew the secret of {robot.name}")
    return _secret(Fields(reply.body, "a robot's new secret"))


def delete_robot(api: HarborApi, robot: Robot) -> None:
    """Delete a robot; one that is gone already is no error. Raises AirgapError."""
    reply = api.ask(ApiCall(f"{API}/robots/{robot.number}", "DELETE"))
    if reply.status not in {200, 404}:
        raise api.refusal(reply, f"delete the robot account {robot.name}")


def parse_robot(value: Fields) -> Robot:
    """From Harbor's `Robot` or `RobotCreated`. Raises NetworkError."""
    expires = value.number("expires_at")
    return Robot(
        value.number("id"),
        value.text("name"),
        expires if expires > 0 else None,
        value.truth("disable"),
    )


def _permission(project: str, rights: Iterable[Right]) -> dict[str, Any]:
    access = [{"resource": one.resource, "action": one.action} for one in rights]
    return {"kind": "project", "namespace": project, "access": access}


def _secret(value: Fields) -> Secret:
    text = value.text("secret")
    if not text:
        raise NetworkError(
            "Harbor made a robot account without telling its secret",
            remedy="delete the robot account in Harbor, and run the same command again",
        )
    return Secret(text)
