"""The double's calls about robot accounts."""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING

from tests.support.harbor.answers import Answer, json_answer, not_found, refuse
from tests.support.harbor.api import route
from tests.support.harbor.state import Robot
from tests.support.harbor.system_api import NOW

if TYPE_CHECKING:
    from tests.support.harbor.api import Call
    from tests.support.harbor.state import Json

_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_DAY = 86_400


@route("POST /robots")
def make_robot(call: Call) -> Answer:
    wish = call.body("robot")
    _check(wish)
    call.admin()
    robot = Robot(
        next(call.state.numbers),
        wish["name"],
        wish["level"],
        wish["permissions"],
        wish["duration"],
    )
    if robot.duration > 0:
        robot.expires_at = int(time.time()) + robot.duration * _DAY
    name = call.state.robot_name(robot)
    if any(call.state.robot_name(one) == name for one in call.state.robots.values()):
        owner = _project_number(call, robot)
        raise refuse(409, "CONFLICT", f"robot account {owner}:{robot.name} already exists")
    call.state.robots[robot.number] = robot
    told = {
        "creation_time": NOW,
        "expires_at": robot.expires_at,
        "id": robot.number,
        "name": name,
        "secret": robot.secret,
    }
    return json_answer(told, 201, {"Location": f"/api/v2.0/robots/{robot.number}"})


@route("GET /robots")
def list_robots(call: Call) -> Answer:
    """Those of the system, unless a project's are asked for."""
    call.admin()
    wanted = dict(one.split("=") for one in call.request.one("q").split(",") if one)
    shown = [
        _robot_json(call, robot)
        for robot in call.state.robots.values()
        if robot.level == wanted.get("Level", "system")
        and str(_project_number(call, robot)) == wanted.get("ProjectID", "0")
    ]
    return call.page(shown)


@route("PATCH /robots/{number}")
def renew_secret(call: Call) -> Answer:
    call.admin()
    robot = _robot(call)
    call.body("RobotSec")
    robot.secret = secrets.token_urlsafe(24)
    return json_answer({"secret": robot.secret})


@route("DELETE /robots/{number}")
def delete_robot(call: Call) -> Answer:
    call.admin()
    del call.state.robots[_robot(call).number]
    return Answer(200)


def _check(wish: Json) -> None:
    if not _NAME.fullmatch(wish["name"]):
        what = "robot name is not in lower case or contains illegal characters"
        raise refuse(400, "BAD_REQUEST", what)
    if not wish["permissions"]:
        raise refuse(400, "BAD_REQUEST", "bad request empty permission")
    if not all(one["access"] for one in wish["permissions"]):
        raise refuse(400, "BAD_REQUEST", "bad request empty access")
    if wish["level"] == "project" and len(wish["permissions"]) > 1:
        raise refuse(400, "BAD_REQUEST", "bad request permission")


def _robot(call: Call) -> Robot:
    number = int(call.values["number"])
    if number not in call.state.robots:
        raise not_found(f"robot {number} not found")
    return call.state.robots[number]


def _project_number(call: Call, robot: Robot) -> int:
    if robot.level == "system":
        return 0
    return call.state.projects[robot.permissions[0]["namespace"]].number


def _robot_json(call: Call, robot: Robot) -> Json:
    told: Json = {
        "creation_time": NOW,
        "description": "",
        "disable": False,
        "duration": robot.duration,
        "editable": True,
        "expires_at": robot.expires_at,
        "id": robot.number,
        "level": robot.level,
        "name": call.state.robot_name(robot),
        "permissions": robot.permissions,
        "update_time": NOW,
    }
    return told if call.state.is_old else {**told, "creator_ref": 1, "creator_type": "local"}
