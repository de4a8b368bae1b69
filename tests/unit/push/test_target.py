"""Where images go at a site."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.reference import Reference
from cube_airgap.registry.access import RegistryAccess
from cube_push.target import Target, parse_target, site_relocation

WEB = Reference.parse("ccr.ccs.tencentyun.com/cube-studio/web:1")
APP = Reference.parse("quay.io/team/app:1")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Harbor.example", ("harbor.example", "cube-studio")),
        ("harbor.example:8443/team/", ("harbor.example:8443", "team")),
        ("10.0.0.5:5000/a/b", ("10.0.0.5:5000", "a/b")),
    ],
)
def test_a_target_is_a_host_and_a_project(text: str, found: tuple[str, str]) -> None:
    assert parse_target(text) == found


@pytest.mark.parametrize("text", ["", "/team", "https://h.example", "h.example/Team", "h example"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_target(text)


def test_rules_of_a_site_go_before_the_default_ones() -> None:
    relocation = site_relocation("team", ["quay.io/team=mirror/q"])
    assert relocation.repository(APP) == "mirror/q/app"
    assert relocation.repository(WEB) == "team/web"


def test_a_rule_may_replace_a_default_one() -> None:
    relocation = site_relocation("team", ["=all"])
    assert relocation.repository(APP) == "all/quay.io/team/app"
    assert relocation.repository(WEB) == "team/web"


@pytest.mark.parametrize("text", ["quay.io", "quay.io=", "quay.io=/", "quay.io=UP"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        site_relocation("team", [text])


def test_the_projects_are_those_of_all_rules() -> None:
    rules = site_relocation("team/sub", ["quay.io=mirror/q"])
    found = Target("h", "team/sub", rules, RegistryAccess()).projects
    assert found[0] == "team"
    assert set(found) == {"team", "mirror"}
