"""Hosts as people and URLs name them."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.registry.hosts import api_host, host_of, parse_host, shown


@pytest.mark.parametrize("name", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_has_one_name(name: str) -> None:
    assert parse_host(name, where="a test") == "docker.io"
    assert api_host(name) == "registry-1.docker.io"


@pytest.mark.parametrize("text", ["", "https://a.example", "a.example/b", "a b", "-a", "u@a"])
def test_what_is_no_host_is_refused_with_its_origin(text: str) -> None:
    with pytest.raises(UsageError, match="--insecure"):
        parse_host(text, where="--insecure")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example:443/x", "a.example"),
        ("http://a.example:443/x", "a.example:443"),
        ("http://a.example/x", "a.example"),
        ("https://u:p@A.example/x", "a.example"),
        ("https://[::1]:5000/x", "[::1]:5000"),
    ],
)
def test_host_of_a_url(url: str, host: str) -> None:
    assert host_of(url) == host


def test_a_shown_url_has_no_secret() -> None:
    url = "https://user:secret@s3.example/blob?X-Amz-Signature=secret#secret"
    assert shown(url) == "https://s3.example/blob"
