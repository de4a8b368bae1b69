from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AuthenticationError, SpaceError, UsageError
from cube_harbor.fields import Fields
from cube_harbor.projects import (
    Project,
    ProjectWish,
    Usage,
    make_project,
    parse_project,
    parse_project_name,
)

if TYPE_CHECKING:
    from tests.support.harbor.double import HarborDouble
    from tests.support.harbor.site import Site


@pytest.mark.parametrize("name", ["a", "cube-studio", "a.b_c-d", "2", "x" * 255])
def test_names_that_harbor_takes_are_taken(name: str) -> None:
    assert parse_project_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "a/b", "-a", "a-", "a..b", "a__b", "ä", "x" * 256])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a Harbor project"):
        parse_project_name(name)


@pytest.mark.parametrize(
    ("usage", "room"), [(Usage(3, 10), 7), (Usage(12, 10), 0), (Usage(3, None), None)]
)
def test_room_is_what_is_left(usage: Usage, room: int | None) -> None:
    assert usage.room == room


def test_a_project_with_every_rule_is_parsed() -> None:
    metadata = {
        "public": "true",
        "enable_content_trust": "true",
        "prevent_vul": "true",
        "retention_id": "7",
    }
    value = {"project_id": 3, "name": "p", "metadata": metadata, "registry_id": 2}
    assert parse_project(Fields(value, "p")) == Project(3, "p", True, True, "low", 7, True)


def test_a_race_makes_one_project(site: Site, double: HarborDouble) -> None:
    api = site.api()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_project(api, ProjectWish("p")), range(8)))
    assert sorted(made) == [False] * 7 + [True]


def test_only_administrators_may_make_projects_where_harbor_says_so(
    site: Site, double: HarborDouble
) -> None:
    double.state.users["ann"] = "a"
    double.state.settings["project_creation_restriction"] = "adminonly"
    with pytest.raises(AuthenticationError, match="does not allow ann to make the project p"):
        make_project(site.api("ann", "a"), ProjectWish("p"))


def test_read_only_mode_is_told_as_such(site: Site, double: HarborDouble) -> None:
    double.state.settings["read_only"] = True
    with pytest.raises(SpaceError, match="read-only mode"):
        make_project(site.api(), ProjectWish("p"))
