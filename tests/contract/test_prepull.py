"""`cube-install prepull` as an operator runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.registry.login import Login
from cube_install.accounts.pull_secret import encode_pull_secret
from cube_install.node_pods.pods_on_nodes import NAMESPACE
from tests.support.bundle_factory import tiny_bundle
from tests.support.command import run
from tests.support.image_factory import image, layer
from tests.support.kubelet import not_pulled, not_started, running_kubelets
from tests.support.kubernetes.double import KubernetesDouble, running_double

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.command import Ran

IMAGES = {
    "docker.io/library/redis:7.4": image([layer({"r": b"r"})]),
    "ccr.ccs.tencentyun.com/cube-studio/tfserving:2.14.1-gpu": image([layer({"g": b"g"})]),
}
REDIS = "harbor.example/cube-studio/docker.io/library/redis:7.4"
GPU = "harbor.example/cube-studio/tfserving:2.14.1-gpu"


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[KubernetesDouble]:
    tiny_bundle(IMAGES).write(tmp_path / "b.tar.zst")
    with running_double(tmp_path) as double:
        double.add_node("gpu-1", {"gpu": "true"})
        yield double


def prepull(kube: KubernetesDouble, *more: object) -> Ran:
    where = ("--to", "harbor.example", "--kubeconfig", kube.kubeconfig)
    command = ("prepull", "--bundle", "b.tar.zst", *where, *more)
    return run("cube-install", *command, cwd=kube.directory)


def test_images_for_gpus_go_to_nodes_with_gpus_alone(kube: KubernetesDouble) -> None:
    with running_kubelets(kube, not_started):
        done = prepull(kube, "--output", "json")
    assert done.code == 0, done.err
    there = {name: one["there"] for name, one in json.loads(done.out)["nodes"].items()}
    assert there == {"node-1": [REDIS], "gpu-1": [REDIS, GPU]}


def test_nodes_and_counts_are_shown(kube: KubernetesDouble) -> None:
    with running_kubelets(kube, not_started):
        done = prepull(kube, "redis:*")
    assert done.out.splitlines()[-1] == "2 images on 2 nodes"


def test_a_login_is_lent_for_the_time(kube: KubernetesDouble) -> None:
    login = encode_pull_secret("harbor.example", Login("here", "robot", "s"))
    (kube.directory / "hubsecret.yaml").write_text(login)
    seen: list[Any] = []

    def act(pod: dict[str, Any]) -> dict[str, Any]:
        name = pod["spec"]["imagePullSecrets"][0]["name"]
        seen.append(kube.get("Secret", name, NAMESPACE))
        return not_started(pod)

    with running_kubelets(kube, act):
        done = prepull(kube, "--pull-login", "hubsecret.yaml")
    assert done.code == 0, done.err
    assert {one["type"] for one in seen} == {"kubernetes.io/dockerconfigjson"}
    assert kube.all("Secret", NAMESPACE) == []


def test_what_cannot_be_pulled_is_told_and_nothing_is_left(kube: KubernetesDouble) -> None:
    with running_kubelets(kube, lambda pod: not_pulled(pod, "401 Unauthorized")):
        done = prepull(kube, "--patience", "0")
    assert done.code == 8
    assert f"{REDIS} could not be pulled on gpu-1, node-1: 401 Unauthorized" in done.err
    assert kube.all("Pod", NAMESPACE) == []


def test_nodes_that_are_not_ready_are_told(kube: KubernetesDouble) -> None:
    status = {"conditions": [{"type": "Ready", "status": "False"}]}
    kube.set_status("Node", "gpu-1", "", status)
    with running_kubelets(kube, not_started):
        done = prepull(kube, "--output", "json")
    assert json.loads(done.out)["notReady"] == ["gpu-1"]
