"""`cube-install nodes --daemonset`: the same work by a pod on each node, run on hosts of a lab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cube_install.node_pods.pods_on_nodes import NAMESPACE
from tests.support.command import run
from tests.support.kubelet import ended, not_pulled, running_kubelets, secret_of
from tests.support.kubernetes.double import KubernetesDouble, running_double
from tests.support.lab_site import LabSite, running_site, start_harbor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.command import Ran

pytestmark = pytest.mark.xdist_group("nodes-cluster")
REGISTRIES = "/etc/rancher/k3s/registries.yaml"
IMAGE = "registry.site/busybox:1"


@pytest.fixture(scope="module")
def site() -> Iterator[LabSite]:
    with running_site("n1", "n2") as found:
        start_harbor(found)
        for node in found.nodes.values():
            node.provide("k3s-agent", "sleep 1000")
        yield found


@pytest.fixture
def kube(site: LabSite, tmp_path: Path) -> Iterator[KubernetesDouble]:
    with running_double(tmp_path) as double:
        double.remove("Node", "node-1")
        for name in site.nodes:
            double.add_node(name)
        yield double


def in_pod(site: LabSite, kube: KubernetesDouble, pod: dict[str, Any]) -> dict[str, Any]:
    """Run the pod's program on its host, as nsenter does on a node."""
    (container,) = pod["spec"]["containers"]
    assert container["securityContext"] == {"privileged": True}
    assert pod["spec"]["hostPID"] is True
    node = site.nodes[pod["spec"]["nodeName"]]
    path = f"PATH={node.services.parent}:/usr/bin:/bin"
    arguments = container["command"][4:]
    program = secret_of(kube, pod)["program"]
    done = node.host.run(
        "env",
        path,
        "CUBE_AIRGAP_SETTLING=1",
        "sh",
        "-s",
        "--",
        *arguments,
        input=program,
        check=False,
    )
    kube.write_log(NAMESPACE, pod["metadata"]["name"], done.stdout)
    return ended(pod, done.returncode)


def set_up(site: LabSite, kube: KubernetesDouble, *more: object) -> Ran:
    cluster = ("--daemonset", "--kubeconfig", kube.kubeconfig, "--image", IMAGE)
    return run("cube-install", "nodes", *cluster, *more, "--output", "json", cwd=site.directory)


def test_every_node_is_set_up_and_nothing_is_left(site: LabSite, kube: KubernetesDouble) -> None:
    with running_kubelets(kube, lambda pod: in_pod(site, kube, pod)):
        done = set_up(site, kube)
    assert [one["state"] for one in done.json["nodes"]] == ["changed", "changed"], done.err
    for node in site.nodes.values():
        assert "harbor.site" in yaml.safe_load(node.host.read(REGISTRIES))["configs"]
        assert node.calls() == ["start k3s-agent", "restart k3s-agent"]
    assert kube.all("Pod", NAMESPACE) == kube.all("Secret", NAMESPACE) == []


def test_a_node_that_cannot_start_the_image_is_told(site: LabSite, kube: KubernetesDouble) -> None:
    def act(pod: dict[str, Any]) -> dict[str, Any]:
        if pod["spec"]["nodeName"] == "n1":
            status = not_pulled(pod, "x509: certificate signed by unknown authority")
            return {**status, "phase": "Failed", "reason": "Evicted", "containerStatuses": []}
        return in_pod(site, kube, pod)

    with running_kubelets(kube, act):
        done = set_up(site, kube, "--check")
    nodes = {one["name"]: one for one in json.loads(done.out)["nodes"]}
    assert nodes["n1"]["state"] == "not reached"
    assert "does not take our pod (Evicted" in nodes["n1"]["findings"][0]["what"]
    assert nodes["n2"]["state"] in {"ready", "to change"}


def test_without_an_image_it_is_told(site: LabSite, kube: KubernetesDouble) -> None:
    done = run(
        "cube-install", "nodes", "--daemonset", "--kubeconfig", kube.kubeconfig, cwd=site.directory
    )
    assert (done.code, "the bundle has no busybox" in done.err) == (2, True)
