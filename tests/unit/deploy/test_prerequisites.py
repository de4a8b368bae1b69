"""What a cluster has to have before a stack comes."""

from __future__ import annotations

from typing import Any

from cube_install.deploy.prerequisites.architectures import architecture_findings
from cube_install.deploy.prerequisites.directories import making_command, wanted_directories
from cube_install.deploy.prerequisites.namespaces import holding
from cube_install.deploy.prerequisites.node_labels import label_findings, lacking_labels
from cube_install.deploy.prerequisites.versions import api_findings
from cube_install.deploy.stack_images import images_of
from cube_install.harbor.finding import Severity
from tests.support.cluster_bodies import node
from tests.support.made_stack import REGISTRY, SmallSite, component, made, stack

SITE = SmallSite()
USERS = {"train": "true", "cpu": "true", "notebook": "true", "service": "true", "org": "public"}


def workload(kind: str = "Deployment", **spec: Any) -> dict[str, Any]:  # noqa: ANN401
    return SITE.deployment("web", **spec) | {"kind": kind}


def told(*nodes: dict[str, Any], body: dict[str, Any]) -> list[tuple[Severity, str]]:
    found = label_findings(stack(component("all", body)), nodes)
    return [(one.severity, f"{one.what} -> {one.remedy}") for one in found]


def test_a_label_that_no_node_has_is_an_error() -> None:
    ((severity, text),) = told(node(**USERS), body=workload(nodeSelector={"mysql": "true"}))
    assert severity is Severity.ERROR
    assert "has mysql=true, for Deployment.apps infra/web" in text
    assert "kubectl label node NODE mysql=true" in text


def test_a_daemon_set_for_which_no_node_is_runs_nowhere() -> None:
    body = workload("DaemonSet", nodeSelector={"gpu": "true"})
    ((severity, text),) = told(node(**USERS), body=body)
    assert severity is Severity.WARNING
    assert "will run nowhere" in text


def test_labels_that_users_pods_ask_for_are_a_warning() -> None:
    ((severity, text),) = told(node(), body=workload())
    assert severity is Severity.WARNING
    assert "cpu=true notebook=true org=public service=true train=true" in text


def test_nodes_that_take_no_pods_do_not_count() -> None:
    blocked = node(**USERS) | {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}
    ((severity, text),) = told(blocked, body=workload())
    assert severity is Severity.ERROR
    assert "none of the cluster's nodes takes pods" in text
    assert "has no nodes" in told(body=workload())[0][1]


def test_labels_are_given_that_are_absent_and_no_hardware_is_claimed() -> None:
    made_stack = stack(
        component(
            "all",
            workload(nodeSelector={"mysql": "true", "kubernetes.io/arch": "amd64"}),
            workload("DaemonSet", nodeSelector={"gpu": "true"}),
        )
    )
    given = lacking_labels(made_stack, node(org="other"))
    assert given == dict.fromkeys(("cpu", "mysql", "notebook", "service", "train"), "true")


def test_images_that_are_not_for_the_nodes() -> None:
    images = [("harbor.example/web:1", frozenset({"amd64"})), ("harbor.example/x", frozenset())]
    (found,) = architecture_findings(images, [node(**{"kubernetes.io/arch": "arm64"})])
    assert (found.severity, "harbor.example/web:1" in found.what) == (Severity.ERROR, True)
    mixed = [node(), node("b", **{"kubernetes.io/arch": "arm64"})]
    assert [one.severity for one in architecture_findings(images, mixed)] == [Severity.WARNING]
    assert list(architecture_findings(images, [node()])) == []


def test_directories_are_those_of_volumes_that_nobody_makes() -> None:
    def volume(name: str, **source: Any) -> dict[str, Any]:  # noqa: ANN401
        return made("v1", "PersistentVolume", name, namespace="", spec=source)

    def host_path(path: str, kind: str = "") -> dict[str, Any]:
        return {"hostPath": {"path": path, "type": kind}}

    volumes = [host_path("/data/x", "Directory"), host_path("/etc/localtime")]
    found = wanted_directories(
        stack(
            component(
                "all",
                volume("a", **host_path("/data/b c")),
                volume("b", local={"path": "/data/a"}),
                volume("c", **host_path("/data/own", "DirectoryOrCreate")),
                workload(volumes=volumes),
            )
        )
    )
    assert found == ("/data/a", "/data/b c", "/data/x")
    assert making_command(found) == "mkdir -p /data/a '/data/b c' /data/x"


def test_versions_that_were_not_tried_are_told() -> None:
    assert [one.severity for one in api_findings((1, 19))] == [Severity.ERROR]
    assert [one.severity for one in api_findings((1, 20))] == [Severity.WARNING]
    assert list(api_findings((1, 28))) == []
    assert [one.severity for one in api_findings((1, 40))] == [Severity.WARNING]


def test_what_holds_a_namespace_is_told() -> None:
    conditions = [
        {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 left"},
        {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "all fine"},
    ]
    assert holding({"status": {"conditions": conditions}}) == "pods. has 1 left"
    assert holding({}) == ""


def test_images_are_named_once() -> None:
    assert images_of(SITE.stack()) == tuple(
        f"{REGISTRY}/{name}:1" for name in ("mysql", "web", "setup")
    )
