"""Pods on nodes: bounded, told of, and gone afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from cube_install.node_pods.pods_on_nodes import NAMESPACE, NodePod, PodsOnNodes
from tests.support.kubelet import ended, running_kubelets, secret_of
from tests.support.kubernetes.fixtures import kube  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from cube_airgap.errors import AirgapError
    from tests.support.kubernetes.double import KubernetesDouble

CONTAINER = {"name": "c", "image": "busybox:1"}


@dataclass
class Noting:
    """It has seen enough of a pod that ended."""

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    stops_at: str = ""

    def seen(self, pod: NodePod, body: dict[str, Any] | None) -> bool:
        if pod.name == self.stops_at:
            raise KeyboardInterrupt
        is_over = body is None or body.get("status", {}).get("phase") == "Succeeded"
        if is_over:
            self.done.append(pod.name)
        return is_over

    def failed(self, pod: NodePod, error: AirgapError) -> None:
        self.refused.append(f"{pod.name}: {error.what}")


def pods(count: int, **more: Any) -> list[NodePod]:  # noqa: ANN401 - fields
    return [NodePod(f"n{i}", str(i), {"containers": [CONTAINER]}, **more) for i in range(count)]


def left(kube: KubernetesDouble) -> list[str]:  # noqa: F811
    kinds = ("Pod", "Secret")
    return [one["metadata"]["name"] for kind in kinds for one in kube.all(kind, NAMESPACE)]


def test_every_pod_runs_and_goes(kube: KubernetesDouble) -> None:  # noqa: F811
    watcher = Noting()
    with running_kubelets(kube, lambda pod: ended(pod, 0)):
        PodsOnNodes(kube.connect(), 3, 0.01).run(pods(7), watcher)
    assert sorted(watcher.done) == [str(i) for i in range(7)]
    assert left(kube) == []


def test_there_are_never_more_than_allowed(kube: KubernetesDouble) -> None:  # noqa: F811
    with running_kubelets(kube, lambda pod: ended(pod, 0)) as kubelets:
        PodsOnNodes(kube.connect(), 3, 0.01).run(pods(10), Noting())
    assert kubelets.most <= 3


def test_a_pod_is_made_for_its_node(kube: KubernetesDouble) -> None:  # noqa: F811
    specs = []

    def act(pod: dict[str, Any]) -> dict[str, Any]:
        specs.append(pod["spec"])
        return ended(pod, 0)

    with running_kubelets(kube, act):
        PodsOnNodes(kube.connect(), 1, 0.01).run(pods(1), Noting())
    assert specs[0]["nodeName"] == "n0"
    assert specs[0]["tolerations"] == [{"operator": "Exists"}]
    assert specs[0]["restartPolicy"] == "Never"


def test_a_secret_is_mounted_and_goes_too(kube: KubernetesDouble) -> None:  # noqa: F811
    found = []

    def act(pod: dict[str, Any]) -> dict[str, Any]:
        found.append(secret_of(kube, pod))
        return ended(pod, 0)

    with running_kubelets(kube, act):
        PodsOnNodes(kube.connect(), 2, 0.01).run(pods(2, secret={"program": "x"}), Noting())
    assert found == [{"program": "x"}] * 2
    assert left(kube) == []


def test_a_secret_belongs_to_its_pod(kube: KubernetesDouble) -> None:  # noqa: F811
    owners = []

    def act(pod: dict[str, Any]) -> dict[str, Any]:
        (secret,) = kube.all("Secret", NAMESPACE)
        owners.append(secret["metadata"]["ownerReferences"][0]["uid"] == pod["metadata"]["uid"])
        return ended(pod, 0)

    with running_kubelets(kube, act):
        PodsOnNodes(kube.connect(), 1, 0.01).run(pods(1, secret={"program": "x"}), Noting())
    assert owners == [True]


def test_what_a_killed_run_left_goes_with_a_later_one(kube: KubernetesDouble) -> None:  # noqa: F811
    for name in ("old", "new"):
        metadata = {"name": name, "namespace": NAMESPACE, "labels": {"cube-airgap/run": "other"}}
        spec = {"containers": [CONTAINER]}
        kube.put({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    old = kube.get("Pod", "old", NAMESPACE)
    assert old is not None
    old["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    PodsOnNodes(kube.connect(), 1, 0.01).run([], Noting())
    assert left(kube) == ["new"]


def test_what_is_stopped_leaves_nothing(kube: KubernetesDouble) -> None:  # noqa: F811
    with running_kubelets(kube, lambda _: {"phase": "Pending"}), pytest.raises(KeyboardInterrupt):
        PodsOnNodes(kube.connect(), 5, 0.01).run(
            pods(5, secret={"program": "x"}), Noting(stops_at="3")
        )
    assert left(kube) == []


def test_a_pod_that_is_refused_keeps_no_other_waiting(kube: KubernetesDouble) -> None:  # noqa: F811
    watcher = Noting()
    both = [NodePod("n0", "Bad_Name", {"containers": [CONTAINER]}), *pods(1)]
    with running_kubelets(kube, lambda pod: ended(pod, 0)):
        PodsOnNodes(kube.connect(), 1, 0.01).run(both, watcher)
    assert watcher.done == ["0"]
    assert [one.partition(":")[0] for one in watcher.refused] == ["Bad_Name"]


def test_all_pods_are_watched_with_one_request(kube: KubernetesDouble) -> None:  # noqa: F811
    with running_kubelets(kube, lambda pod: ended(pod, 0)):
        PodsOnNodes(kube.connect(), 100, 0.2).run(pods(100), Noting())
    looks = [one for one in kube.asked if one.method == "GET" and "/pods" in one.target]
    assert len(looks) < 20
