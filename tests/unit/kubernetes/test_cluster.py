from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AuthenticationError, MissingError, NetworkError
from cube_install.kubernetes.cluster import Cluster
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.refusals import ForbiddenError, NotServedError
from tests.support.kubernetes import faults
from tests.support.kubernetes.answers import json_answer, status, text_answer
from tests.support.kubernetes.double import QUICK
from tests.support.kubernetes.kubeconfigs import coded, kubeconfig
from tests.support.kubernetes.objects import deployment
from tests.support.kubernetes.trouble import Trouble
from tests.support.real_registry import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kubernetes.answers import Answer
    from tests.support.kubernetes.double import KubernetesDouble


def test_it_says_which_version_it_is_and_where(kube: KubernetesDouble) -> None:
    cluster = kube.connect()

    assert cluster.version == (1, 32)
    assert cluster.server == kube.url


def test_a_minor_version_may_have_a_plus(kube: KubernetesDouble) -> None:
    kube.faults.plan("GET /version", json_answer({"major": "1", "minor": "28+"}))

    assert kube.connect().version == (1, 28)


@pytest.mark.parametrize("answer", [json_answer({}), json_answer({"major": "x", "minor": "y"})])
def test_what_is_no_kubernetes_is_told(kube: KubernetesDouble, answer: Answer) -> None:
    kube.faults.plan("GET /version", answer)

    with pytest.raises(NetworkError, match="does not tell its version"):
        kube.connect()


@pytest.mark.parametrize(
    "answer", [text_answer(200, "hello"), faults.behind_balancer(404), faults.behind_balancer(302)]
)
def test_a_web_server_is_no_kubernetes(kube: KubernetesDouble, answer: Answer) -> None:
    kube.faults.plan("GET /version", answer)

    with pytest.raises(NetworkError):
        kube.connect()


def test_a_client_certificate_is_accepted(kube: KubernetesDouble) -> None:
    issued = kube.certificates
    user = {
        "client-certificate-data": coded(issued.client_chain),
        "client-key-data": coded(issued.client_key),
    }
    cluster = Cluster.connect(kube.written_kubeconfig("certificate", user))

    assert cluster.list("", "Node")
    cluster.close()


def test_nobody_is_not_accepted(kube: KubernetesDouble) -> None:
    with pytest.raises(AuthenticationError, match="wants credentials"):
        Cluster.connect(kube.written_kubeconfig("nobody", {}))


def test_a_server_that_is_not_there_is_told_soon(tmp_path: Path) -> None:
    server = {"server": f"https://127.0.0.1:{free_port()}"}

    with pytest.raises(NetworkError, match="cannot be connected to"):
        Cluster.connect(kubeconfig(tmp_path / "c", server, {}), patience=QUICK.at_most(0.05))


def test_the_environment_says_where_to_look(kube: KubernetesDouble, tmp_path: Path) -> None:
    cluster = Cluster.connect(environment={"KUBECONFIG": str(kube.kubeconfig)})
    cluster.close()

    with pytest.raises(MissingError):
        Cluster.connect(environment={"HOME": str(tmp_path / "none")})


def test_a_patch_of_a_kind_that_is_not_served_is_told(kube: KubernetesDouble) -> None:
    with pytest.raises(NotServedError):
        kube.connect().patch(ObjectKey("none.example.com", "Thing", "a", "b"), {})


def test_a_part_of_an_object_is_patched(kube: KubernetesDouble) -> None:
    kube.put(deployment("web", "default"))
    key = ObjectKey("apps", "Deployment", "default", "web")

    kube.connect().patch(key, {"status": {"replicas": 7}}, subresource="status")

    assert any(one.target.startswith(_STATUS) for one in kube.asked)


_STATUS = "/apis/apps/v1/namespaces/default/deployments/web/status?"


def pods_of(kube: KubernetesDouble, cluster: Cluster) -> list[str]:
    cluster.apply(deployment("web", "default"))
    for _ in range(6):
        cluster.list("", "Pod")
    return [one["metadata"]["name"] for one in kube.all("Pod", "default")]


def test_the_last_lines_of_a_log_are_read(kube: KubernetesDouble) -> None:
    cluster = kube.connect()
    (pod,) = pods_of(kube, cluster)
    kube.write_log("default", "web", "one\ntwo\nthree\n")

    assert cluster.logs("default", pod, "main", lines=2) == "two\nthree\n"


def test_the_log_before_a_restart_is_read(kube: KubernetesDouble) -> None:
    kube.stick("default", "web", Trouble.CRASH)
    cluster = kube.connect()
    (pod,) = pods_of(kube, cluster)
    kube.write_log("default", "web", "panic\n")

    assert cluster.logs("default", pod, "main", lines=5, of_previous=True) == "panic\n"
    assert "previous=true" in kube.asked[-1].target


@pytest.mark.parametrize(
    "answer",
    [
        faults.internal('Get "https://node:10250/containerLogs": dial tcp: connection refused'),
        faults.behind_balancer(502),
        None,
    ],
)
def test_a_node_that_does_not_answer_has_no_log(
    kube: KubernetesDouble, answer: Answer | None
) -> None:
    kube.faults.plan("/log", answer, times=2)

    assert kube.connect().logs("default", "web", "main", lines=5) == ""
    assert len([one for one in kube.asked if "/log" in one.target]) == 1


def test_a_log_that_may_not_be_read_is_told(kube: KubernetesDouble) -> None:
    kube.withhold("get", "pods/log")

    with pytest.raises(ForbiddenError, match="pods/log"):
        kube.connect().logs("default", "web", "main", lines=5)


def test_what_a_user_may_not_do_is_told(kube: KubernetesDouble) -> None:
    kube.withhold("create", "secrets", "infra")
    cluster = kube.connect()

    assert not cluster.allows("create", "", "secrets", "infra")
    assert cluster.allows("create", "", "secrets", "other")


def test_a_closed_cluster_waits_no_more(kube: KubernetesDouble) -> None:
    cluster = kube.connect(QUICK)
    kube.faults.plan("GET /api/v1$", status(503, "ServiceUnavailable", "no"), times=10**6)
    cluster.close()

    with pytest.raises(Exception, match="status 503"):
        cluster.list("", "Pod")
