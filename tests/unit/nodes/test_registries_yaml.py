"""registries.yaml of RKE2 and k3s."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.errors import UsageError
from cube_airgap.reference import Reference
from cube_airgap.registry.login import Login
from cube_airgap.relocation import Relocation, Rule, default_relocation
from cube_install.nodes.pull_registry import Origin, PullRegistry, origins_of
from cube_install.nodes.registries_yaml import merged_registries, rewrites

REGISTRY = PullRegistry("harbor.example", ca="PEM")


def origins(*images: str, relocation: Relocation | None = None) -> tuple[Origin, ...]:
    return origins_of(map(Reference.parse, images), relocation or default_relocation())


def merge(text: str = "", registry: PullRegistry = REGISTRY) -> Any:  # noqa: ANN401 - YAML
    found = merged_registries(text, registry, origins("nginx:1", "quay.io/a/b:1"), "/ca", "here")
    return yaml.safe_load(found)


def test_every_origin_is_mirrored_with_its_path() -> None:
    mirrors = merge()["mirrors"]
    rule = {"^(.*)$": "cube-studio/docker.io/$1"}
    wanted = {"endpoint": ["https://harbor.example"], "rewrite": rule}
    assert mirrors["docker.io"] == mirrors["registry-1.docker.io"] == wanted
    assert set(mirrors) == {"docker.io", "registry-1.docker.io", "quay.io", "harbor.example"}


def test_the_registry_is_trusted_by_its_authority() -> None:
    assert merge()["configs"] == {"harbor.example": {"tls": {"ca_file": "/ca"}}}


def test_the_registry_is_logged_in_to() -> None:
    registry = PullRegistry("harbor.example", login=Login("here", "robot$a", "s"))
    assert merge(registry=registry)["configs"] == {
        "harbor.example": {"auth": {"username": "robot$a", "password": "s"}}
    }


def test_a_registry_without_verified_tls_is_taken_as_asked() -> None:
    registry = PullRegistry("h", is_verified=False)
    assert merge(registry=registry)["configs"] == {"h": {"tls": {"insecure_skip_verify": True}}}


USERS = """\
mirrors:
  docker.io:
    endpoint: ["https://nexus.example"]
  ghcr.io:
    endpoint: ["https://nexus.example"]
configs:
  nexus.example: {auth: {username: u, password: p}}
"""


def test_what_the_user_has_is_kept() -> None:
    data = merge(USERS)
    assert data["mirrors"]["docker.io"]["endpoint"] == [
        "https://harbor.example",
        "https://nexus.example",
    ]
    assert data["mirrors"]["ghcr.io"] == {"endpoint": ["https://nexus.example"]}
    assert data["configs"]["nexus.example"] == {"auth": {"username": "u", "password": "p"}}


def test_a_second_run_changes_nothing() -> None:
    there = origins("nginx:1")
    first = merged_registries(USERS, REGISTRY, there, "/ca", "here")
    assert merged_registries(first, REGISTRY, there, "/ca", "here") == first


@pytest.mark.parametrize("text", ["[", "- a", "mirrors: [a]", "a: {"])
def test_what_is_no_such_file_is_left_alone(text: str) -> None:
    with pytest.raises(UsageError, match="here"):
        merge(text)


def rewritten(rules: dict[str, str], name: str) -> str:
    """As their containerd does it: any rule that fits, in no order."""
    found = {
        re.sub(pattern, target.replace("$1", r"\1"), name)
        for pattern, target in rules.items()
        if re.search(pattern, name)
    }
    assert len(found) <= 1, f"{name} is rewritten in two ways: {found}"
    return found.pop() if found else name


@given(st.data())
def test_every_image_is_found_by_the_rewriting_rules(data: st.DataObject) -> None:
    parts = st.lists(st.sampled_from(["a", "b-c", "d.e"]), min_size=1, max_size=3).map("/".join)
    names = data.draw(st.lists(parts, min_size=1, max_size=5, unique=True))
    rules = data.draw(st.lists(st.tuples(parts, parts), max_size=2, unique_by=lambda one: one[0]))
    relocation = Relocation(
        [Rule.of(f"h.example/{origin}", f"t/{target}") for origin, target in rules]
        + [Rule.of("", "all")]
    )
    images = [Reference.parse(f"h.example/{name}:1") for name in names]
    try:
        (origin,) = origins_of(images, relocation)
    except UsageError:
        return
    for image in images:
        wanted = relocation.repository(image)
        assert rewritten(rewrites(origin), image.repository) == wanted
