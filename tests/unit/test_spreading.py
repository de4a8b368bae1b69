"""Saying where images go on to."""

from __future__ import annotations

import pytest

from cube_airgap.errors import AuthenticationError, UsageError
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.credentials import Credentials
from cube_airgap.registry.login import Login
from cube_harbor.preheat import Vendor
from cube_install.spreading import other_harbor, parse_copying, parse_engine


@pytest.mark.parametrize(
    ("text", "host", "address", "project"),
    [
        ("b=https://b.example", "b.example", "https://b.example", ""),
        ("b=http://b.example:80/", "b.example:80", "http://b.example:80", ""),
        ("b=https://b.example/team", "b.example", "https://b.example", "team"),
    ],
)
def test_a_harbor_to_copy_to(text: str, host: str, address: str, project: str) -> None:
    found = parse_copying(text)
    assert (found.name, found.host, found.address, found.project) == ("b", host, address, project)


@pytest.mark.parametrize("text", ["b", "b=b.example", "=https://b", "b=https://u:p@b", "b=ftp://b"])
def test_what_is_no_harbor_to_copy_to(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_copying(text)
    assert "u:p" not in str(caught.value)


def test_an_engine() -> None:
    found = parse_engine("dragonfly=http://d.example:8080")
    assert (found.name, found.vendor) == ("dragonfly-d.example-8080", Vendor.DRAGONFLY)


@pytest.mark.parametrize(
    "text", ["http://d", "spider=http://d", "dragonfly=d:80", "dragonfly=http://"]
)
def test_what_is_no_engine(text: str) -> None:
    with pytest.raises(UsageError):
        parse_engine(text)


def test_the_login_of_the_other_harbor_is_that_for_its_host() -> None:
    login = Login("a file", "robot$x", "s")
    access = RegistryAccess(Credentials({"b.example": login}), insecure=frozenset({"b.example"}))
    found = other_harbor(parse_copying("b=https://b.example/team"), access)
    assert (found.username, found.secret.reveal(), found.is_insecure) == ("robot$x", "s", True)


def test_without_a_login_there_is_no_copying() -> None:
    with pytest.raises(AuthenticationError, match=r"b\.example"):
        other_harbor(parse_copying("b=https://b.example"), RegistryAccess())
