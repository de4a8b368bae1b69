"""Calls of the API, and what goes wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import NetworkError
from cube_harbor.api import PAGE_SIZE, ApiCall, project_path, repository_path
from cube_harbor.projects import ProjectWish, make_project, project_exists, read_project
from cube_harbor.recognition import read_system_info
from cube_harbor.robots import Level, RobotWish, make_robot
from tests.support.harbor.faults import Fault

if TYPE_CHECKING:
    from tests.support.harbor.double import HarborDouble
    from tests.support.harbor.site import Site


def asked(double: HarborDouble, start: str) -> list[int]:
    return [one.status for one in double.asked if f"{one.method} {one.path}".startswith(start)]


def test_repositories_are_encoded_twice() -> None:
    path = repository_path("p", "a/b c")
    assert path == "/api/v2.0/projects/p/repositories/a%252Fb%2520c"


def test_a_project_cannot_lead_out_of_its_path() -> None:
    assert project_path("../x?y") == "/api/v2.0/projects/..%2Fx%3Fy"


def test_cookies_are_not_sent_back(site: Site, double: HarborDouble) -> None:
    api = site.api()
    read_system_info(api)
    assert make_project(api, ProjectWish("after-a-cookie"))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_reading_is_tried_again(site: Site, double: HarborDouble, status: int) -> None:
    api = site.api()
    double.faults.plan(Fault("GET .*/systeminfo", status, times=2))
    assert read_system_info(api).read_only is False
    assert asked(double, "GET /api/v2.0/systeminfo") == [status, status, 200]


def test_reading_is_given_up_after_some_tries(site: Site, double: HarborDouble) -> None:
    api = site.api()
    double.faults.plan(Fault("GET .*/systeminfo", 502, times=9))
    with pytest.raises(NetworkError, match="fails with status 502") as caught:
        read_system_info(api)
    assert "later" in caught.value.remedy
    assert asked(double, "GET /api/v2.0/systeminfo") == [502] * 3


def test_a_broken_connection_is_tried_again(site: Site, double: HarborDouble) -> None:
    api = site.api()
    double.faults.plan(Fault("GET .*/systeminfo", None))
    assert read_system_info(api).read_only is False


def test_making_what_is_there_once_is_tried_again(site: Site, double: HarborDouble) -> None:
    api = site.api()
    double.faults.plan(Fault("POST .*/projects", 502))
    assert make_project(api, ProjectWish("p"))
    assert asked(double, "POST /api/v2.0/projects") == [502, 201]


def test_making_a_robot_is_not_tried_again_when_the_answer_is_lost(
    site: Site, double: HarborDouble
) -> None:
    api = site.api()
    make_project(api, ProjectWish("p"))
    wish = RobotWish("load", Level.PROJECT, ("p",))
    for fault in (Fault("POST .*/robots", 504), Fault("POST .*/robots", None)):
        double.faults.plan(fault)
        with pytest.raises(NetworkError):
            make_robot(api, wish)
    assert double.state.robots == {}
    assert make_robot(api, wish).robot.name == "robot$p+load"


def test_a_failure_inside_of_harbor_is_not_tried_again_when_something_was_to_be_made(
    site: Site, double: HarborDouble
) -> None:
    api = site.api()
    double.faults.plan(Fault("POST .*/projects", 500))
    with pytest.raises(NetworkError):
        make_project(api, ProjectWish("p"))
    assert asked(double, "POST /api/v2.0/projects") == [500]


def test_a_sign_in_page_in_the_place_of_harbor_is_told(site: Site, double: HarborDouble) -> None:
    api = site.api()
    double.faults.plan(Fault("HEAD .*/projects", 403))
    with pytest.raises(NetworkError, match="web page"):
        project_exists(api, "p")


def test_lists_are_read_to_their_end(site: Site, double: HarborDouble) -> None:
    api = site.api()
    for number in range(PAGE_SIZE + 1):
        double.state.make_project(f"p{number}", {})
    names = [one.text("name") for one in api.items("/api/v2.0/projects", "projects")]
    assert names == ["library", *(f"p{number}" for number in range(PAGE_SIZE + 1))]
    assert asked(double, "GET /api/v2.0/projects") == [200, 200]


def test_other_json_than_harbors_is_an_error(site: Site) -> None:
    api = site.api()
    with pytest.raises(NetworkError, match="Harbor's answer about the number"):
        api.item("/api/v2.0/ping", "the number")


def test_what_is_asked_without_being_there_keeps_its_reply(site: Site) -> None:
    assert site.api().ask(ApiCall("/api/v2.0/projects/none")).code == "NOT_FOUND"


def test_a_project_is_asked_for_by_its_name(site: Site, double: HarborDouble) -> None:
    double.state.make_project("2", {})
    assert read_project(site.api(), "2").name == "2"
