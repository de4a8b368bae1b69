from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import NetworkError
from cube_harbor.identity import Identity, Kind, check_login, granted, read_rights
from tests.support.harbor.faults import Fault

if TYPE_CHECKING:
    from tests.support.harbor.double import HarborDouble
    from tests.support.harbor.site import Site


def token(*access: dict[str, object]) -> str:
    claims = json.dumps({"access": list(access)}).encode()
    return f"x.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.y"


def test_rights_are_read_from_the_token() -> None:
    value = token(
        {"type": "repository", "name": "p/a", "actions": ["pull"]},
        {"type": "repository", "name": "p/b", "actions": ["push", "pull"]},
        {"type": "repository", "name": "pp/a", "actions": ["delete"]},
    )
    assert granted(value, "p") == {"pull", "push"}


@pytest.mark.parametrize("text", ["", "x", "x.y", "x.!!.z"])
def test_what_is_no_token_is_an_error(text: str) -> None:
    with pytest.raises(NetworkError):
        granted(text, "p")


def test_an_ordinary_user_is_no_administrator(site: Site, double: HarborDouble) -> None:
    double.state.users["ann"] = "Passw0rd"
    assert check_login(site.api("ann", "Passw0rd")) == Identity("ann", Kind.USER)


def test_a_member_may_push_and_a_stranger_may_not(site: Site, double: HarborDouble) -> None:
    double.state.users |= {"ann": "a", "bob": "b"}
    double.state.make_project("p", {})
    double.state.members["p"] = {"ann"}
    assert "push" in read_rights(site.api("ann", "a"), "p")
    assert read_rights(site.api("bob", "b"), "p") == frozenset()


def test_a_cli_secret_is_known_by_the_registry_only(site: Site, double: HarborDouble) -> None:
    double.faults.plan(Fault("GET .*/users/current", 401))
    double.state.users["ann"] = "cli-secret"
    assert check_login(site.api("ann", "cli-secret")) == Identity("ann", Kind.CLI)
