from __future__ import annotations

import pytest

from cube_airgap.errors import NetworkError, UsageError
from cube_harbor import robots
from cube_harbor.fields import Fields
from cube_harbor.robots import Level, RobotWish, robot_body


def test_a_robot_gets_the_rights_that_are_asked_for_and_no_others() -> None:
    body = robot_body(RobotWish("pull", Level.SYSTEM, ("a", "b")))
    access = [{"resource": "repository", "action": "pull"}]
    assert body["permissions"] == [
        {"kind": "project", "namespace": "a", "access": access},
        {"kind": "project", "namespace": "b", "access": access},
    ]


def test_loading_does_not_include_deleting() -> None:
    assert not {right.action for right in robots.LOADING} & {"delete", "update", "*"}


@pytest.mark.parametrize("projects", [(), ("a", "b")])
def test_a_robot_of_a_project_is_for_one_project(projects: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=f"is for {len(projects)} projects"):
        robot_body(RobotWish("x", Level.PROJECT, projects))


def test_one_that_never_expires_has_no_end() -> None:
    value = {"id": 1, "name": "robot$x", "expires_at": -1, "disable": True}
    assert robots.parse_robot(Fields(value, "x")) == robots.Robot(1, "robot$x", None, True)


def test_a_robot_without_a_secret_is_an_error() -> None:
    with pytest.raises(NetworkError, match="without telling its secret"):
        robots._secret(Fields({"name": "robot$x"}, "x"))
