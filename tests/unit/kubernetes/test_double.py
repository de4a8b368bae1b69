"""What only the double does, since no real API server does it when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_install.kubernetes.access import Identity
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.transport import Request, Transport
from tests.support.kubernetes.double import QUICK, TOKEN, running_double
from tests.support.kubernetes.objects import (
    changed,
    daemon_set,
    deployment,
    job,
    named,
    pod_template,
    stateful_set,
)
from tests.support.kubernetes.trouble import Trouble

if TYPE_CHECKING:
    from pathlib import Path

    from cube_install.kubernetes.cluster import Cluster
    from tests.support.kubernetes.double import KubernetesDouble
    from tests.support.kubernetes.json_types import Body


def deployed(kube: KubernetesDouble, body: Body) -> Cluster:
    """Apply it, and let time pass."""
    cluster = kube.connect()
    cluster.apply(body)
    pass_time(cluster)
    return cluster


def pass_time(cluster: Cluster) -> None:
    for _ in range(8):
        cluster.list("", "Node")


def pods(kube: KubernetesDouble) -> list[Body]:
    return kube.all("Pod", "default")


def events(kube: KubernetesDouble) -> list[str]:
    return [f"{one['reason']}: {one['message']}" for one in kube.all("Event.", "default")]


def test_a_deployment_comes_up_by_itself(kube: KubernetesDouble) -> None:
    deployed(kube, deployment("web", "default", replicas=2))

    status = (kube.get("Deployment", "web", "default") or {})["status"]
    assert (status["readyReplicas"], status["updatedReplicas"]) == (2, 2)
    assert [one["status"]["phase"] for one in pods(kube)] == ["Running", "Running"]


def test_a_stateful_set_comes_up_by_itself(kube: KubernetesDouble) -> None:
    deployed(kube, stateful_set("database", "default"))

    status = (kube.get("StatefulSet", "database", "default") or {})["status"]
    assert status["currentRevision"] == status["updateRevision"]
    assert [one["metadata"]["name"] for one in pods(kube)] == ["database-0"]


def test_a_daemon_set_has_a_pod_on_each_node_that_fits(kube: KubernetesDouble) -> None:
    kube.add_node("gpu-1", {"gpu": "true"})
    kube.add_node("gpu-2", {"gpu": "true"})
    template = pod_template(nodeSelector={"gpu": "true"})
    deployed(kube, daemon_set("agent", "default", template=template))

    status = (kube.get("DaemonSet", "agent", "default") or {})["status"]
    assert (status["desiredNumberScheduled"], status["numberReady"]) == (2, 2)


def test_a_daemon_set_without_a_node_says_zero(kube: KubernetesDouble) -> None:
    template = pod_template(nodeSelector={"gpu": "true"})
    deployed(kube, daemon_set("agent", "default", template=template))

    status = (kube.get("DaemonSet", "agent", "default") or {})["status"]
    assert status["desiredNumberScheduled"] == 0


def test_a_job_completes_by_itself(kube: KubernetesDouble) -> None:
    deployed(kube, job("setup", "default"))

    status = (kube.get("Job", "setup", "default") or {})["status"]
    assert [one["type"] for one in status["conditions"]] == ["SuccessCriteriaMet", "Complete"]
    assert pods(kube)[0]["status"]["phase"] == "Succeeded"


@pytest.mark.parametrize("trouble", [Trouble.CRASH, Trouble.OOM])
def test_a_job_can_fail(kube: KubernetesDouble, trouble: Trouble) -> None:
    kube.stick("default", "setup", trouble)
    deployed(kube, job("setup", "default"))

    status = (kube.get("Job", "setup", "default") or {})["status"]
    assert [one["type"] for one in status["conditions"]] == ["FailureTarget", "Failed"]
    assert pods(kube)[0]["status"]["phase"] == "Failed"


@pytest.mark.parametrize(
    ("trouble", "waiting", "event"),
    [
        (Trouble.IMAGE_MISSING, "ImagePullBackOff", "Failed: Failed to pull image"),
        (Trouble.PULL_DENIED, "ImagePullBackOff", "401 Unauthorized"),
        (Trouble.MOUNT, "ContainerCreating", "FailedMount: MountVolume.SetUp failed"),
        (Trouble.SECRET_MISSING, "CreateContainerConfigError", "Failed: Error: secret"),
        (Trouble.CRASH, "CrashLoopBackOff", "BackOff: Back-off restarting"),
        (Trouble.OOM, "CrashLoopBackOff", "BackOff: Back-off restarting"),
    ],
)
def test_a_container_can_wait(
    kube: KubernetesDouble, trouble: Trouble, waiting: str, event: str
) -> None:
    kube.stick("default", "web", trouble)
    deployed(kube, deployment("web", "default"))

    (container,) = pods(kube)[0]["status"]["containerStatuses"]
    assert container["state"]["waiting"]["reason"] == waiting
    assert not container["ready"]
    assert any(event in one for one in events(kube))
    assert "readyReplicas" not in (kube.get("Deployment", "web", "default") or {})["status"]


def test_a_container_can_run_and_not_be_ready(kube: KubernetesDouble) -> None:
    kube.stick("default", "web", Trouble.PROBE, "Readiness probe failed: no database")
    deployed(kube, deployment("web", "default"))

    (container,) = pods(kube)[0]["status"]["containerStatuses"]
    assert "running" in container["state"]
    assert not container["ready"]
    assert "Unhealthy: Readiness probe failed: no database" in events(kube)


def test_a_pod_that_no_node_takes_says_so(kube: KubernetesDouble) -> None:
    deployed(kube, deployment("web", "default", template=pod_template(nodeSelector={"a": "b"})))

    (condition,) = pods(kube)[0]["status"]["conditions"]
    assert condition["reason"] == "Unschedulable"
    assert condition["message"].startswith("0/1 nodes are available: 1 node(s) didn't match")
    assert "nodeName" not in pods(kube)[0]["spec"]


def test_a_quota_leaves_no_pod(kube: KubernetesDouble) -> None:
    kube.stick("default", "web", Trouble.QUOTA)
    deployed(kube, deployment("web", "default"))

    assert pods(kube) == []
    assert any("exceeded quota" in one for one in events(kube))


def test_trouble_ends(kube: KubernetesDouble) -> None:
    kube.stick("default", "web", Trouble.IMAGE_MISSING)
    cluster = deployed(kube, deployment("web", "default"))
    kube.unstick("default", "web")
    pass_time(cluster)

    assert (kube.get("Deployment", "web", "default") or {})["status"]["readyReplicas"] == 1


def test_another_template_makes_other_pods(kube: KubernetesDouble) -> None:
    body = deployment("web", "default")
    cluster = deployed(kube, body)
    before = pods(kube)[0]["metadata"]["name"]
    cluster.apply(changed(body, "spec.template.spec.containers.0.image", "other:2"))
    pass_time(cluster)

    (after,) = pods(kube)
    assert after["metadata"]["name"] != before
    assert after["spec"]["containers"][0]["image"] == "other:2"


def test_a_service_has_the_ready_pods_that_it_selects(kube: KubernetesDouble) -> None:
    spec = {"selector": {"app": "program"}, "ports": [{"port": 80}]}
    kube.put(named("v1/Service", "web", "default", spec=spec))
    kube.stick("default", "web", Trouble.PROBE)
    cluster = deployed(kube, deployment("web", "default"))
    empty = kube.get("Endpoints", "web", "default")
    kube.unstick("default", "web")
    pass_time(cluster)

    assert empty
    assert empty["subsets"] == []
    full = kube.get("Endpoints", "web", "default")
    assert full
    assert full["subsets"][0]["addresses"][0]["ip"] == "10.1.0.1"
    assert kube.all("EndpointSlice", "default")[0]["endpoints"][0]["conditions"]["ready"]


def test_an_api_is_available_when_its_service_has_endpoints(kube: KubernetesDouble) -> None:
    service = {"namespace": "default", "name": "metrics"}
    kind = "apiregistration.k8s.io/v1/APIService"
    cluster = deployed(kube, named(kind, "v1beta1.metrics.k8s.io", spec={"service": service}))
    key = ObjectKey("apiregistration.k8s.io", "APIService", "", "v1beta1.metrics.k8s.io")

    (condition,) = (cluster.get(key) or {})["status"]["conditions"]

    assert (condition["type"], condition["status"]) == ("Available", "False")


def test_a_finalizer_of_another_holds_a_namespace(kube: KubernetesDouble) -> None:
    kube.put(named("v1/Namespace", "infra"))
    held = named("v1/ConfigMap", "held", "infra")
    held["metadata"]["finalizers"] = ["other.example/hold"]
    kube.put(held)
    cluster = kube.connect()
    cluster.delete(ObjectKey("", "Namespace", "", "infra"))
    pass_time(cluster)
    pass_time(cluster)

    assert (kube.get("Namespace", "infra") or {})["status"]["phase"] == "Terminating"


@pytest.mark.parametrize(
    ("version", "served"),
    [((1, 32), None), ((1, 36), "admissionregistration.k8s.io/v1")],
)
def test_new_versions_serve_mutating_policies(
    tmp_path: Path, version: tuple[int, int], served: str | None
) -> None:
    with running_double(tmp_path, version=version) as kube:
        found = kube.connect().kind("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy")

    assert (found and found.api_version) == served


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/api/v1/pods?watch=true", ""),
        ("DELETE", "/api/v1/namespaces/default/pods", ""),
        ("PATCH", "/api/v1/namespaces/default", "application/strategic-merge-patch+json"),
        ("GET", "/nothing", ""),
    ],
)
def test_a_request_that_no_client_of_ours_sends_fails_the_test(
    tmp_path: Path, method: str, path: str, kind: str
) -> None:

    with pytest.raises(AssertionError, match="unexpected requests"):
        send(tmp_path, Request(method, path, b"{}", kind))


def send(directory: Path, request: Request) -> None:
    """Send a request to a double of its own."""
    with running_double(directory) as kube:
        transport = Transport(kube.connect().api.access, QUICK)
        transport.send(request, Identity(f"Bearer {TOKEN}"))
        transport.close()
