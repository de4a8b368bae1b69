from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import NetworkError
from cube_harbor.execution import Deadline
from cube_harbor.replication import (
    OtherHarbor,
    ReplicationRule,
    ReplicationRun,
    make_rule,
    register,
    rule_body,
    start_replication,
    wait_for_replication,
)
from cube_harbor.secret import Secret

if TYPE_CHECKING:
    from tests.support.harbor.double import HarborDouble
    from tests.support.harbor.site import Site

OTHER = OtherHarbor("east", "https://east.example", "robot$copy", Secret("hidden-secret"))


def test_a_rule_copies_one_project_into_another() -> None:
    body = rule_body(ReplicationRule("r", 3, "cube", "cube-east", overrides=False))
    assert body["filters"] == [{"type": "name", "value": "cube/**"}]
    assert (body["dest_namespace"], body["dest_namespace_replace_count"]) == ("cube-east", 1)
    assert body["override"] is False


@pytest.mark.parametrize(
    ("status", "is_finished", "is_success"),
    [
        ("InProgress", False, False),
        ("Succeed", True, True),
        ("Failed", True, False),
        ("Stopped", True, False),
    ],
)
def test_a_run_is_finished_when_it_is_not_in_progress(
    status: str, is_finished: bool, is_success: bool
) -> None:
    run = ReplicationRun(1, status, 1, 0, 1)
    assert (run.is_finished, run.is_success) == (is_finished, is_success)


def test_the_secret_goes_to_harbor_and_nowhere_else(site: Site, double: HarborDouble) -> None:
    number = register(site.api(), OTHER)
    assert double.state.registries[number]["credential"]["access_secret"] == "hidden-secret"
    assert "hidden-secret" not in repr(OTHER)


def test_a_registered_harbor_is_brought_up_to_date(site: Site, double: HarborDouble) -> None:
    number = register(site.api(), OTHER)
    moved = OtherHarbor("east", "https://new.example", "robot$copy", Secret("new"))
    assert register(site.api(), moved) == number
    kept = double.state.registries[number]
    assert (kept["url"], kept["access_secret"]) == ("https://new.example", "new")


def test_a_registered_harbor_that_is_gone_is_told(site: Site) -> None:
    register(site.api(), OTHER)
    gone = OtherHarbor("east", "http://127.0.0.1:1", "a", Secret("b"))
    with pytest.raises(NetworkError, match="cannot reach"):
        register(site.api(), gone)


def test_a_run_is_followed_to_its_end(site: Site) -> None:
    api = site.api()
    rule = make_rule(api, ReplicationRule("r", register(api, OTHER), "cube", "cube"))
    run = wait_for_replication(api, start_replication(api, rule), Deadline(60, 0.001))
    assert run.is_success
