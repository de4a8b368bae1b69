"""cube-install as an operator runs it, from a bundle to a platform that answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.command import Ran, run
from tests.support.deployable import stack_members, write_site
from tests.support.kubernetes.double import KubernetesDouble, running_double
from tests.support.kubernetes.trouble import Trouble
from tests.support.web_page import answering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.real_registry import RealRegistry

IMAGES = {
    "docker.io/library/mysql:8.0.32": make.image(labels={"is": "mysql"}),
    "docker.io/library/nginx:1": make.image(labels={"is": "nginx"}),
}


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[KubernetesDouble]:
    with running_double(tmp_path) as double:
        yield double


@pytest.fixture
def place(tmp_path: Path, kube: KubernetesDouble, registry: RealRegistry) -> Iterator[Path]:
    kube.add_node("node-2", {"mysql": "true"})
    tiny_bundle(IMAGES, more=stack_members(deadline=2)).write(tmp_path / "site.tar.zst")
    with answering() as port:
        path = write_site(tmp_path, kube.kubeconfig, port)
        site = yaml.safe_load(path.read_text())
        site["registry"] = {"host": registry.host, "project": "whole", "insecure": True}
        path.write_text(yaml.safe_dump(site))
        yield tmp_path


def install(place: Path, *arguments: str) -> Ran:
    return run("cube-install", "install", *arguments, cwd=place)


def test_one_command_brings_a_platform_up(
    place: Path, kube: KubernetesDouble, registry: RealRegistry
) -> None:
    done = install(place)
    assert done.code == 0, done.err
    phases = re.findall(r"^(\w+):", done.err, re.MULTILINE)
    assert [*dict.fromkeys(one for one in phases if one not in {"note", "warning"})] == [
        "verify",
        "preflight",
        "push",
        "pushing",
        "record",
        "directories",
        "deploy",
        "deploying",
        "check",
    ]
    web = kube.get("Deployment", "web", "infra")
    assert web
    image = web["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"{registry.host}/whole/docker.io/library/nginx:1"
    assert "small-platform 2026.03.01: http://127.0.0.1" in done.out
    again = install(place, "--output", "json")
    assert again.code == 0, again.err
    assert {one["state"] for one in again.json["images"]} == {"already there"}
    assert again.json["deployment"]["changes"] == {"created": 0, "changed": 0, "unchanged": 11}


def test_nothing_is_pushed_to_a_site_whose_cluster_is_not_ready(
    place: Path, kube: KubernetesDouble
) -> None:
    kube.remove("Node", "node-2")
    done = install(place)
    assert done.code == 1
    assert "no node that takes pods has mysql=true" in done.err
    assert "pushing" not in done.err


def test_a_missing_directory_is_told_before_anything_is_applied(
    place: Path, kube: KubernetesDouble
) -> None:
    kube.server.directories.told = lambda _: "absent\t/data/k8s/mysql\n"
    done = install(place, "--output", "json")
    assert done.code == 1
    assert done.json["images"]
    (finding,) = done.json["deployment"]["findings"]
    assert "/data/k8s/mysql of node-2 is not there" in finding["what"]
    assert kube.get("Namespace", "infra") is None


def test_what_does_not_come_up_fails_the_installation(place: Path, kube: KubernetesDouble) -> None:
    kube.stick("infra", "web", Trouble.CRASH)
    done = install(place, "--output", "json")
    assert done.code == 8
    states = {one["name"]: one["state"] for one in done.json["deployment"]["components"]}
    assert states["web"] == "failed"
    assert states["mysql"] == "up"


def test_a_bundle_of_images_alone_deploys_nothing(place: Path, kube: KubernetesDouble) -> None:
    (place / "site.tar.zst").unlink()
    tiny_bundle(IMAGES).write(place / "site.tar.zst")
    done = install(place)
    assert done.code == 0, done.err
    assert "deploy: the bundle has images alone" in done.err
    assert kube.get("Namespace", "infra") is None
