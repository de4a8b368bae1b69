"""The text of hosts.toml."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.registry.login import Login
from cube_install.nodes.hosts_toml import MARK, encode, merged, origin_hosts, registry_host
from cube_install.nodes.pull_registry import Origin, PullRegistry

REGISTRY = PullRegistry("harbor.example", ca="PEM")
HUB = Origin("docker.io", {"library/x": "p/docker.io/library/x"}, ("p/docker.io",))
OWN = Origin("ccr.example", {}, ("p/ccr.example", ""))


def read(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def test_a_mirror_is_asked_below_its_path() -> None:
    data = read(encode(origin_hosts(REGISTRY, HUB, "/ca.crt")))
    settings = {"capabilities": ["pull", "resolve"], "override_path": True, "ca": "/ca.crt"}
    assert data["host"] == {"https://harbor.example/v2/p/docker.io": settings}


def test_nobody_on_the_internet_is_asked() -> None:
    data = read(encode(origin_hosts(REGISTRY, HUB, "/ca.crt")))
    assert data["server"] == "https://harbor.example/v2/p/docker.io"
    assert (data["override_path"], data["ca"]) == (True, "/ca.crt")


def test_paths_are_asked_in_their_order() -> None:
    data = read(encode(origin_hosts(REGISTRY, OWN, "/ca.crt")))
    assert list(data["host"]) == [
        "https://harbor.example/v2/p/ccr.example",
        "https://harbor.example/v2",
    ]


def test_images_can_be_pushed_to_the_registry_itself() -> None:
    data = read(encode(registry_host(REGISTRY, "/ca.crt")))
    assert data["host"]["https://harbor.example"]["capabilities"] == ["pull", "resolve", "push"]


def test_a_registry_without_verified_tls_says_so() -> None:
    registry = PullRegistry("harbor.example", is_verified=False)
    assert read(encode(registry_host(registry, "")))["skip_verify"] is True


def test_plain_http_needs_no_more_than_its_scheme() -> None:
    registry = PullRegistry("r:5000", is_plain=True, is_verified=False)
    data = read(encode(registry_host(registry, "")))
    assert (data["server"], "skip_verify" in data) == ("http://r:5000", False)


def test_a_login_is_shown_to_every_place() -> None:
    registry = PullRegistry("harbor.example", login=Login("here", "robot", "secret"))
    data = read(encode(origin_hosts(registry, OWN, "")))
    shown = [one["header"]["Authorization"] for one in (data, *data["host"].values())]
    assert shown == ["Basic cm9ib3Q6c2VjcmV0"] * 3


USERS = """\
server = "https://nexus.example"
ca = "/nexus.crt"
[host."https://nexus.example"]
  capabilities = ["pull"]
  skip_verify = true
  [host."https://nexus.example".header]
    x-team = ["a", "b"]
"""


def test_what_the_user_has_comes_after_ours_and_is_kept() -> None:
    data = read(merged(USERS, origin_hosts(REGISTRY, HUB, "/ca"), REGISTRY.url, "here"))
    hosts = data.pop("host")
    assert data == {"server": "https://nexus.example", "ca": "/nexus.crt"}
    assert list(hosts) == ["https://harbor.example/v2/p/docker.io", "https://nexus.example"]
    assert hosts["https://nexus.example"] == read(USERS)["host"]["https://nexus.example"]


def test_what_was_put_in_before_is_replaced() -> None:
    first = merged(USERS, origin_hosts(REGISTRY, HUB, "/ca"), REGISTRY.url, "here")
    assert merged(first, origin_hosts(REGISTRY, HUB, "/ca"), REGISTRY.url, "here") == first


def test_a_file_of_ours_is_written_anew() -> None:
    text = merged(f"{MARK}\nnonsense", origin_hosts(REGISTRY, HUB, "/ca"), REGISTRY.url, "here")
    assert text == encode(origin_hosts(REGISTRY, HUB, "/ca"))


def test_what_is_no_toml_is_left_alone() -> None:
    with pytest.raises(UsageError, match="here is not TOML"):
        merged("server = ", origin_hosts(REGISTRY, HUB, "/ca"), REGISTRY.url, "here")
