"""Directories of nodes, seen by the program that pods run there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_install.deploy import node_directories
from cube_install.deploy.node_directories import Action, is_look_due, see_directories
from cube_install.harbor.finding import Severity
from tests.support.deploying import LOGIN, Lab
from tests.support.kubernetes.faults import webhook_denies
from tests.support.kubernetes.node_directories import below
from tests.support.made_stack import SmallSite, added, component, made, stack, without

if TYPE_CHECKING:
    from cube_install.harbor.finding import Finding
    from cube_install.stack.rendered import RenderedStack
    from tests.support.kubernetes.double import KubernetesDouble

SITE = SmallSite()
PATH = "/data/k8s/mysql"
PROGRAM = Path(node_directories.__file__).with_suffix(".sh")


@pytest.fixture
def lab(kube: KubernetesDouble) -> Lab:
    return Lab(kube.connect(), kube.kubeconfig, SITE)


def stored() -> RenderedStack:
    """A stack with a volume that is a directory, and a pod that uses it on any node."""
    space: dict[str, object] = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    spec = space | {"capacity": {"storage": "1Gi"}, "hostPath": {"path": PATH}}
    wanted = space | {"volumeName": "mysql", "resources": {"requests": {"storage": "1Gi"}}}
    volume = made("v1", "PersistentVolume", "mysql", namespace="", spec=spec)
    claim = made("v1", "PersistentVolumeClaim", "mysql", spec=wanted)
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "mysql"}}]
    database = SITE.deployment("mysql-8", volumes=volumes)
    return added(SITE.stack(), "mysql", volume, claim, database)


def seen(lab: Lab, action: Action = Action.LOOK) -> tuple[Finding, ...]:
    return see_directories(lab.cluster, stored(), action, LOGIN)


@pytest.mark.parametrize("shell", [["sh"], ["busybox", "sh"]])
def test_the_program_tells_of_each_directory(tmp_path: Path, shell: list[str]) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("x")

    def ran(action: str) -> list[list[str]]:
        command = [*shell, str(PROGRAM), action, str(tmp_path), "/there", "/absent", "/file/x"]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in told.splitlines()]

    there, absent, never = ran("look")
    assert (there[:2], there[5]) == (["there", "/there"], "rw")
    size = os.statvfs(tmp_path)
    assert 0 <= int(there[4]) * 1024 <= size.f_frsize * size.f_blocks
    assert (absent, never) == (["absent", "/absent"], ["absent", "/file/x"])
    _, made_now, failed = ran("make")
    assert made_now[:2] == ["there", "/absent"]
    assert failed[:2] == ["failed", "/file/x"]


def test_shared_storage_that_is_there_is_no_finding(kube: KubernetesDouble, lab: Lab) -> None:
    kube.add_node("node-2")
    assert seen(lab) == ()
    assert kube.all("Pod") == kube.all("Secret") == []


def test_nothing_is_changed_on_a_node_that_is_looked_at(
    kube: KubernetesDouble, lab: Lab, tmp_path: Path
) -> None:
    kube.server.directories.told = below(tmp_path / "nodes")
    (tmp_path / "nodes/node-1").mkdir(parents=True)
    (finding,) = seen(lab)
    assert finding.severity is Severity.ERROR
    assert f"{PATH} of node-1 is not there" in finding.what
    (pod,) = (one.body for one in kube.asked if one.method == "POST" and "/pods" in one.target)
    (container,) = pod["spec"]["containers"]
    assert "privileged" not in container["securityContext"]
    assert container["volumeMounts"] == [{"name": "root", "mountPath": "/host", "readOnly": True}]
    assert seen(lab, Action.MAKE) == ()
    assert (tmp_path / f"nodes/node-1{PATH}").is_dir()


def test_only_nodes_that_may_need_them_are_asked(kube: KubernetesDouble, lab: Lab) -> None:
    pinned = SITE.deployment(
        "mysql",
        nodeSelector={"mysql": "true"},
        volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "mysql"}}],
    )
    volume = made("v1", "PersistentVolume", "mysql", namespace="",
                  spec={"hostPath": {"path": PATH}})  # fmt: skip
    kube.add_node("database", {"mysql": "true"})
    kube.add_node("of-users", {"train": "true"})
    kube.add_node("cordoned", {"train": "true"}, unschedulable=True)
    kube.server.directories.told = lambda _: f"absent\t{PATH}\n"
    (finding,) = see_directories(
        lab.cluster, stack(component("all", volume, pinned)), Action.LOOK, LOGIN
    )
    assert f"{PATH} of database, of-users is not there" in finding.what


NOT_TOLD = {
    "a webhook refuses the pods": "policy.example refuses",
    "the log is lost": "node-1 does not tell of them",
    "no right": "lacks: create pods in namespace kube-system",
    "no right at all": "lacks: patch secrets in namespace kube-system",
}


@pytest.mark.parametrize("case", NOT_TOLD)
@pytest.mark.parametrize(
    ("action", "severity"),
    [(Action.LOOK, Severity.WARNING), (Action.MAKE, Severity.ERROR)],
)
def test_a_node_that_cannot_be_asked_is_told_and_stops_only_what_was_asked_for(
    kube: KubernetesDouble, lab: Lab, case: str, action: Action, severity: Severity
) -> None:
    if case == "the log is lost":
        kube.server.directories.told = lambda _: ""
    elif case == "no right":
        kube.withhold("create", "pods")
    elif case == "no right at all":
        kube.withhold("patch", "secrets")
    else:
        refusal = webhook_denies("policy.example", "no directories of nodes", 403)
        kube.faults.plan("POST .*/pods", refusal)
    (finding,) = seen(lab, action)
    assert finding.severity is severity
    assert NOT_TOLD[case] in finding.what


def test_a_stack_without_a_shell_is_told(lab: Lab) -> None:
    volume = made("v1", "PersistentVolume", "data", namespace="", spec={"hostPath": {"path": PATH}})
    volumes = [{"persistentVolumeClaim": {"claimName": "data"}}]
    bare = added(without(SITE.stack(), "mysql"), "mysql", volume)
    shellless = added(bare, "backend", SITE.deployment("x", volumes=volumes))
    (finding,) = see_directories(lab.cluster, shellless, Action.LOOK, None)
    assert finding.severity is Severity.WARNING
    assert "no image of the stack has a shell" in finding.what


def test_it_is_looked_until_all_came_up_and_again_for_new_volumes(
    kube: KubernetesDouble, lab: Lab
) -> None:
    assert is_look_due(lab.cluster, SITE.stack())
    lab.deployed(SITE.stack())
    assert not is_look_due(lab.cluster, SITE.stack("2"))
    assert is_look_due(lab.cluster, stored())
    lab.deployed(stored())
    assert not is_look_due(lab.cluster, stored())
    kube.faults.plan("PATCH .*/services/mysql", webhook_denies("policy.example", "no", 403))
    assert lab.deploy(added(stored(), "backend", SITE.config_map("more"))).errors
    assert is_look_due(lab.cluster, stored())
