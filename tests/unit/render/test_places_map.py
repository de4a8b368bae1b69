from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.relocation import default_relocation
from cube_airgap.stack_parsing import parse_stack
from cube_install.render.render import render
from cube_install.render.site_registry import SiteRegistry
from cube_push.target import Target
from tests.support.rendering import (
    FILES,
    MODEL,
    REGISTRY,
    STACK,
    object_in,
    source,
    wishes,
)

if TYPE_CHECKING:
    from pathlib import Path

MORE = "  - {name: places, about: n, profile: core, generates: places}\n"


def places(registry: SiteRegistry = REGISTRY) -> dict[str, Any]:
    stack = parse_stack({**FILES, "stack.yaml": (STACK + MORE).encode()})
    found = render(replace(source(), stack=stack), registry, wishes())
    body = object_in(found, "ConfigMap", "cube-places").body
    content: dict[str, Any] = json.loads(body["data"]["places.json"])
    return content


def test_every_spelling_of_an_image_leads_to_the_site() -> None:
    images = places()["images"]

    assert images["busybox:1"] == images["docker.io/library/busybox:1"]
    assert images["busybox:1"].startswith(f"{REGISTRY.name}/")


def test_an_asset_is_told_with_its_address_and_its_blob() -> None:
    found = places()

    [asset] = found["assets"]
    assert (asset["name"], asset["url"]) == ("zoo/net-v1.onnx", MODEL)
    assert asset["digest"].startswith("sha256:")
    assert (found["registry"], found["repository"]) == (REGISTRY.host, REGISTRY.assets)


def test_whom_to_trust_comes_from_the_site(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("-----BEGIN CERTIFICATE-----\n")
    access = RegistryAccess(ca_file=ca, insecure=frozenset({"h.example"}))

    one = SiteRegistry.of(Target("h.example", "p", default_relocation("p"), access))

    assert (places(one)["ca"], places(one)["insecure"]) == (ca.read_text(), True)


def test_a_ca_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    ca = tmp_path / "ca.der"
    ca.write_bytes(b"\x30\x82")

    with pytest.raises(UsageError, match="no file of certificates"):
        SiteRegistry.of(Target("h", "p", default_relocation("p"), RegistryAccess(ca_file=ca)))
