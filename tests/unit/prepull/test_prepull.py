"""Pulling onto nodes: what is told of each, and that one image keeps no other waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_airgap.catalogue import BundledImage
from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_install.node_pods.pods_on_nodes import NAMESPACE
from cube_install.prepull.prepull import Patience, Prepull, errors_of
from cube_install.prepull.wanted_images import Pull
from tests.support.kubelet import not_started, running_kubelets
from tests.support.kubernetes.fixtures import kube  # noqa: F401 - a fixture
from tests.support.noting_progress import NotingProgress

if TYPE_CHECKING:
    from cube_install.prepull.prepull import NodeResult
    from tests.support.kubelet import Kubelets
    from tests.support.kubernetes.double import KubernetesDouble

QUICK = Patience(failing=0.0, pulling=20.0, pause=0.01)


def pull(name: str) -> Pull:
    image = BundledImage(Reference.parse(name), Digest.of(b""), "c", "", ())
    return Pull(image, f"harbor.example/{name}")


def names(count: int) -> list[str]:
    return [f"app{number}:1" for number in range(count)]


def run(
    double: KubernetesDouble, wanted: dict[str, list[str]], jobs: int = 4
) -> tuple[dict[str, NodeResult], NotingProgress]:
    progress = NotingProgress()
    work = Prepull(double.connect(), jobs, ["hubsecret"], QUICK)
    pulls = {node: [pull(name) for name in there] for node, there in wanted.items()}
    return work.run(pulls, progress), progress


def failing(*broken: str) -> Any:  # noqa: ANN401 - a function of pods
    """Kubelets that cannot pull images with one of these names."""

    def act(pod: dict[str, Any]) -> dict[str, Any]:
        status = not_started(pod)
        images = {one["name"]: one["image"] for one in pod["spec"]["containers"]}
        for one in status["containerStatuses"]:
            if any(name in images[one["name"]] for name in broken):
                waiting = {"reason": "ErrImagePull", "message": "not found"}
                one |= {"state": {"waiting": waiting}, "imageID": ""}
                status["phase"] = "Pending"
        return status

    return act


def test_every_node_gets_every_image(kube: KubernetesDouble) -> None:  # noqa: F811
    with running_kubelets(kube, not_started):
        results, progress = run(kube, {"n1": names(23), "n2": names(3)})
    assert {node: len(one.there) for node, one in results.items()} == {"n1": 23, "n2": 3}
    assert len(progress.items) == progress.total_items == 26
    assert kube.all("Pod", NAMESPACE) == []


def test_a_node_has_one_pod_at_a_time(kube: KubernetesDouble) -> None:  # noqa: F811
    nodes: list[list[str]] = []

    def act(pod: dict[str, Any]) -> dict[str, Any]:
        nodes.append([one["spec"]["nodeName"] for one in kube.all("Pod", NAMESPACE)])
        return not_started(pod)

    with running_kubelets(kube, act):
        run(kube, {f"n{number}": names(25) for number in range(4)})
    assert all(len(there) == len(set(there)) for there in nodes)


def test_an_image_that_cannot_be_pulled_is_told_with_all_its_nodes(
    kube: KubernetesDouble,  # noqa: F811
) -> None:
    with running_kubelets(kube, failing("app1")):
        results, _ = run(kube, {f"n{number}": names(3) for number in range(5)})
    assert all(len(one.there) == 2 for one in results.values())
    (error,) = errors_of(results)
    assert error.what == (
        "harbor.example/app1:1 could not be pulled on n0, n1, n2 and 2 more nodes: not found"
    )


def test_nothing_of_an_image_is_run(kube: KubernetesDouble) -> None:  # noqa: F811
    seen: list[dict[str, Any]] = []

    def act(pod: dict[str, Any]) -> dict[str, Any]:
        seen.extend(pod["spec"]["containers"])
        return not_started(pod)

    with running_kubelets(kube, act):
        run(kube, {"n1": names(2)})
    assert {tuple(one["command"]) for one in seen} == {("/cube-airgap-prepull",)}
    assert {one["imagePullPolicy"] for one in seen} == {"IfNotPresent"}


def test_a_pod_that_somebody_deletes_is_told(kube: KubernetesDouble) -> None:  # noqa: F811
    def act(pod: dict[str, Any]) -> dict[str, Any]:
        kube.remove("Pod", pod["metadata"]["name"], NAMESPACE)
        return {}

    with running_kubelets(kube, act):
        results, _ = run(kube, {"n1": names(1)})
    assert results["n1"].errors == {"harbor.example/app0:1": "its pod was deleted by somebody"}


def _most(kubelets: Kubelets) -> int:
    return kubelets.most


def test_as_many_nodes_pull_as_are_allowed(kube: KubernetesDouble) -> None:  # noqa: F811
    with running_kubelets(kube, not_started) as kubelets:
        run(kube, {f"n{number}": names(1) for number in range(12)}, jobs=3)
    assert _most(kubelets) <= 3
