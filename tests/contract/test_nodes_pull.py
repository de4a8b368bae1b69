"""Real runtimes pull with the files that `cube-install nodes` wrote, where nothing else is."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.lab_site import (
    HARBOR,
    IMAGES,
    PROGRAM,
    RELOCATED,
    LabSite,
    running_site,
    start_harbor,
)
from tests.support.real_node import USERS_DOCKER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.real_node import Node

pytestmark = pytest.mark.xdist_group("nodes-pull")
CERTS = "/etc/containerd/certs.d"


@pytest.fixture(scope="module")
def site() -> Iterator[LabSite]:
    """A Harbor whose project is private, and nodes that were set up for it with its pull login."""
    with running_site("cd", "dk") as found:
        start_harbor(found)
        done = found.run("install")
        assert done.returncode == 0, done.stderr
        found.nodes["cd"].run_containerd()
        found.nodes["dk"].run_docker()
        for node in found.nodes.values():
            node.serve_ssh()
        done = found.set_up_nodes("--pull-login", "hubsecret.yaml")
        assert done.returncode == 0, done.stdout + done.stderr
        yield found


def pull(node: Node, name: str, hosts: str = CERTS) -> str:
    """Pull with containerd, and the digest that it has then."""
    pulling = ("ctr", "images", "pull", "--snapshotter", "native", "--hosts-dir", hosts, name)
    node.host.run(*pulling)
    lines = node.host.run("ctr", "images", "list", f"name=={name}").stdout.splitlines()
    return lines[1].split()[2]


@pytest.mark.parametrize("name", IMAGES)
def test_containerd_pulls_an_image_of_a_private_project_by_its_own_name(
    site: LabSite, name: str
) -> None:
    assert pull(site.nodes["cd"], name) == IMAGES[name].digest


@pytest.mark.parametrize("name", RELOCATED)
def test_containerd_pulls_an_image_by_its_name_in_harbor(site: LabSite, name: str) -> None:
    assert pull(site.nodes["cd"], name) == RELOCATED[name].digest


def test_containerd_knows_docker_hub_by_its_server_s_name_too(site: LabSite) -> None:
    name = "registry-1.docker.io/library/app:1"
    assert pull(site.nodes["cd"], name) == IMAGES["docker.io/library/app:1"].digest


def test_containerd_kept_the_user_s_settings_and_was_restarted_once(site: LabSite) -> None:
    node = site.nodes["cd"]
    text = node.host.read("/etc/containerd/config.toml")
    assert 'sandbox_image = "harbor.site/pause:3.7"  # kept' in text
    dumped = tomllib.loads(node.host.run("containerd", "config", "dump").stdout)
    cri = dumped["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["registry"]["config_path"] == CERTS
    assert cri["sandbox_image"] == "harbor.site/pause:3.7"
    assert node.calls() == ["start containerd", "restart containerd"]


@pytest.mark.parametrize("name", RELOCATED)
def test_docker_pulls_an_image_over_tls_by_its_name_in_harbor(site: LabSite, name: str) -> None:
    host = site.nodes["dk"].host
    secret = json.loads((site.directory / "harbor-load.yaml").read_text())[HARBOR]
    login = ("docker", "login", HARBOR, "-u", secret["username"], "--password-stdin")
    host.run(*login, input=secret["password"])
    host.run("docker", "pull", "--quiet", name)
    digests = host.run("docker", "inspect", "--format", "{{json .RepoDigests}}", name).stdout
    assert RELOCATED[name].digest in digests


def test_docker_was_left_running_with_the_user_s_settings(site: LabSite) -> None:
    node = site.nodes["dk"]
    assert json.loads(node.host.read("/etc/docker/daemon.json")) == USERS_DOCKER
    assert node.calls() == ["start docker"]


def test_a_second_run_finds_nothing_to_do(site: LabSite) -> None:
    done = site.set_up_nodes("--pull-login", "hubsecret.yaml", "--output", "json")
    assert [(one["state"], one["files"]) for one in json.loads(done.stdout)["nodes"]] == [
        ("ready", []),
        ("ready", []),
    ]


@pytest.fixture(scope="module")
def served() -> Iterator[LabSite]:
    """The same nodes where the bundle is served instead of a Harbor."""
    with running_site("cd", "dk") as found:
        here = found.directory
        tls = ("--tls-cert", here / "tls.crt", "--tls-key", here / "tls.key")
        command = (PROGRAM, "serve", "--bundle", here / "b.tar.zst", "--listen", ":443", *tls)
        found.harbor.listens(443, found.harbor.start("serve", *command))
        found.nodes["cd"].run_containerd("")
        found.nodes["dk"].run_docker()
        for node in found.nodes.values():
            node.serve_ssh()
        done = found.set_up_nodes("--docker-mirror", f"https://{HARBOR}")
        assert done.returncode == 0, done.stdout + done.stderr
        yield found


@pytest.mark.parametrize("name", [*IMAGES, *RELOCATED])
def test_containerd_pulls_from_the_bundle_with_the_same_files(served: LabSite, name: str) -> None:
    assert pull(served.nodes["cd"], name) == {**IMAGES, **RELOCATED}[name].digest


@pytest.mark.parametrize("name", ["docker.io/library/app:1", *RELOCATED])
def test_docker_pulls_from_the_bundle(served: LabSite, name: str) -> None:
    host = served.nodes["dk"].host
    host.run("docker", "pull", "--quiet", name)
    digests = host.run("docker", "inspect", "--format", "{{json .RepoDigests}}", name).stdout
    assert {**IMAGES, **RELOCATED}[name].digest in digests


def test_docker_took_its_mirror_without_a_restart(served: LabSite) -> None:
    node = served.nodes["dk"]
    assert node.calls() == ["start docker", "reload docker"]
    mirrors = node.host.run("docker", "info", "--format", "{{json .RegistryConfig.Mirrors}}")
    assert json.loads(mirrors.stdout) == [f"https://{HARBOR}/"]
    assert json.loads(node.host.read("/etc/docker/daemon.json")) == {
        **USERS_DOCKER,
        "registry-mirrors": [f"https://{HARBOR}"],
    }
