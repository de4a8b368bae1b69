from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError
from cube_harbor.execution import Deadline
from cube_harbor.preheat import (
    Engine,
    PreheatPolicy,
    make_engine,
    make_preheat_policy,
    policy_body,
    start_preheat,
    wait_for_preheat,
)
from cube_harbor.projects import ProjectWish, make_project

if TYPE_CHECKING:
    from tests.support.harbor.site import Site

POLICY = PreheatPolicy("warm", "p", "dragonfly", "gpu/**", "v*")


def test_filters_and_trigger_are_json_in_texts() -> None:
    body = policy_body(POLICY, 5)
    assert json.loads(body["filters"]) == [
        {"type": "repository", "value": "gpu/**"},
        {"type": "tag", "value": "v*"},
    ]
    assert json.loads(body["trigger"])["type"] == "manual"
    assert body["provider_id"] == 5


def test_images_are_spread_by_an_engine_that_runs(site: Site) -> None:
    api = site.api()
    make_project(api, ProjectWish("p"))
    make_engine(api, Engine("dragonfly", "https://manager.example"))
    make_preheat_policy(api, POLICY)
    run = start_preheat(api, POLICY)
    assert wait_for_preheat(api, POLICY, run, Deadline(60, 0.001)).is_success


def test_a_policy_of_an_engine_that_nobody_made_is_an_error(site: Site) -> None:
    make_project(site.api(), ProjectWish("p"))
    with pytest.raises(MissingError, match="P2P engine dragonfly"):
        make_preheat_policy(site.api(), POLICY)
