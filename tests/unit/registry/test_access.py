"""Reading mirrors."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.registry.access import Mirror


@pytest.mark.parametrize(
    ("text", "mirror"),
    [
        ("docker.io=mirror.example", Mirror("docker.io", "mirror.example")),
        ("docker.io=127.0.0.1:5000/", Mirror("docker.io", "127.0.0.1:5000")),
        ("quay.io=harbor.example/a/b-c", Mirror("quay.io", "harbor.example", "a/b-c")),
        ("index.docker.io=m.example/p", Mirror("docker.io", "m.example", "p")),
        ("ghcr.io=[::1]:5000", Mirror("ghcr.io", "[::1]:5000")),
    ],
)
def test_mirror_is_read(text: str, mirror: Mirror) -> None:
    assert Mirror.parse(text) == mirror


@pytest.mark.parametrize(
    "text",
    [
        "",
        "docker.io",
        "docker.io=",
        "=mirror.example",
        "docker.io=https://mirror.example",
        "docker.io=mirror.example/Upper",
        "docker.io=mirror.example/../x",
        "docker.io=mirror.example/a?b",
        "docker.io=user@mirror.example",
        "docker.io=mirror.example:port",
        "a/b=mirror.example",
        "docker.io=registry-1.docker.io",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Mirror.parse(text)


def test_a_mirror_keeps_repositories_below_its_prefix() -> None:
    mirror = Mirror.parse("docker.io=harbor.example/proxy")
    assert mirror.repository("library/nginx") == "proxy/library/nginx"


def test_a_mirror_without_prefix_keeps_the_name() -> None:
    assert Mirror.parse("docker.io=m.example").repository("library/nginx") == "library/nginx"
