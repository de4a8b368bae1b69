"""Workloads that do not come up: the reason is found among what the cluster tells."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from cube_install.cli.cluster_status import read_status, status_lines
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.deploying import Lab
from tests.support.kubernetes.trouble import Trouble
from tests.support.made_stack import SmallSite, added, component, made, namespace, stack, within

if TYPE_CHECKING:
    from tests.support.kubernetes.double import KubernetesDouble

SITE = SmallSite()
IMAGE = "harbor.example/cube-studio/web:1"
TOLD = {
    Trouble.IMAGE_MISSING: (f"does not get image {IMAGE}: harbor.example does not have it", "push"),
    Trouble.PULL_DENIED: ("harbor.example refuses the pull secret", "robots"),
    Trouble.UNSCHEDULABLE: ("no node has enough memory free", "add a node"),
    Trouble.CRASH: (
        "ends with exit code 1, 3 times\n    | starting\n    | no such table",
        "kubectl -n infra logs",
    ),
    Trouble.OOM: ("needed more memory than its limit", "raise its memory limit"),
    Trouble.PROBE: ("its readiness probe fails: HTTP probe failed", "kubectl -n infra logs"),
    Trouble.MOUNT: ("/data is not there on the node", "--make-directories"),
    Trouble.SECRET_MISSING: ("Secret infra/mysql-credentials is not there", "deploy again"),
    Trouble.QUOTA: ("quota all of namespace infra is used up", "edit resourcequota all"),
    Trouble.SLOW: ("(0 of 1 ready)", "kubectl describe"),
}


@pytest.mark.parametrize("trouble", TOLD)
def test_the_reason_and_the_remedy_are_told(kube: KubernetesDouble, trouble: Trouble) -> None:
    what, remedy = TOLD[trouble]
    kube.stick("infra", "web", trouble)
    kube.write_log("infra", "web", "starting\nno such table\n")
    lab = Lab(kube.connect(), kube.kubeconfig, SITE)
    outcome = lab.deploy(stack(component("all", namespace(), SITE.deployment("web"), deadline=1)))
    (error,) = outcome.errors
    assert error.what.startswith("all: Deployment.apps infra/web is not up after ")
    assert what in error.what
    assert remedy in error.remedy


def test_the_reason_is_told_while_it_is_waited_for(kube: KubernetesDouble) -> None:
    kube.stick("infra", "web", Trouble.IMAGE_MISSING)
    lab = Lab(kube.connect(), kube.kubeconfig, SITE)
    lab.deploy(stack(component("all", namespace(), SITE.deployment("web"), deadline=1)))
    (note,) = (one for one in lab.progress.notes if "all waits for" in one)
    assert "harbor.example does not have it" in note


def test_a_log_shows_no_password(kube: KubernetesDouble) -> None:
    lab = Lab(kube.connect(), kube.kubeconfig, SITE)
    made_stack = SITE.stack()
    lab.deployed(made_stack)
    data = kube.get("Secret", "mysql-credentials", "infra")
    assert data
    password = base64.b64decode(data["data"]["password"]).decode()
    kube.stick("infra", "web", Trouble.CRASH)
    kube.write_log("infra", "web", f"cannot log in with {password}\n")
    (error,) = lab.deploy(within(1, SITE.stack("2"))).errors
    assert "cannot log in with (hidden)" in error.what
    assert password not in error.what


def test_a_log_that_status_tells_of_shows_no_password(kube: KubernetesDouble) -> None:
    lab = Lab(kube.connect(), kube.kubeconfig, SITE)
    lab.deployed(SITE.stack())
    password = base64.b64decode(
        lab.body(ObjectKey("", "Secret", "infra", "mysql-credentials"))["data"]["password"]
    ).decode()
    kube.stick("infra", "web", Trouble.CRASH)
    kube.write_log("infra", "web", f"cannot log in with {password}\n")
    assert lab.deploy(within(1, SITE.stack("2"))).errors
    told = "\n".join(status_lines(read_status(lab.cluster)))
    assert "cannot log in with (hidden)" in told
    assert password not in told


def test_what_a_job_reports_is_told_without_passwords(kube: KubernetesDouble) -> None:
    lab = Lab(kube.connect(), kube.kubeconfig, SITE)
    lab.deployed(SITE.stack())
    key = ObjectKey("", "Secret", "infra", "mysql-credentials")
    password = base64.b64decode(lab.body(key)["data"]["password"]).decode()
    kube.write_log("infra", "dump", f"root has {password}\n")
    job = SITE.job("dump")
    job["metadata"]["labels"]["cube-airgap/report"] = "true"
    lab.deployed(added(SITE.stack(), "backend", job))
    assert "dump: root has (hidden)" in lab.progress.notes


def test_a_failed_job_is_told_with_its_log(kube: KubernetesDouble) -> None:
    kube.stick("infra", "setup", Trouble.CRASH)
    kube.write_log("infra", "setup", "no way in\n")
    lab = Lab(kube.connect(), kube.kubeconfig, SITE)
    outcome = lab.deploy(stack(component("all", namespace(), SITE.job("setup"), deadline=30)))
    (error,) = outcome.errors
    assert "Job.batch infra/setup is not up" in error.what
    assert "no way in" in error.what


def test_a_claim_without_a_volume(kube: KubernetesDouble) -> None:
    spec = {"storageClassName": "", "volumeName": "absent", "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}}}  # fmt: skip
    claim = made("v1", "PersistentVolumeClaim", "data", spec=spec)
    lab = Lab(kube.connect(), kube.kubeconfig, SITE)
    (error,) = lab.deploy(stack(component("all", namespace(), claim, deadline=1))).errors
    assert "claim infra/data is not bound: volume absent is not there" in error.what


def test_a_webhook_is_not_applied_before_its_service_has_endpoints(kube: KubernetesDouble) -> None:
    hook = made(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "hook",
        namespace="",
        webhooks=[
            {
                "name": "hook.example",
                "clientConfig": {"service": {"namespace": "infra", "name": "hook"}},
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
            }
        ],
    )
    kube.stick("infra", "hook", Trouble.SLOW)
    lab = Lab(kube.connect(), kube.kubeconfig, SITE)
    all_of_it = stack(
        component(
            "all", namespace(), SITE.deployment("hook"), SITE.service("hook"), hook, deadline=1
        )
    )
    assert len(lab.deploy(all_of_it).errors) == 2
    assert kube.get("ValidatingWebhookConfiguration", "hook") is None
    kube.unstick("infra", "hook")
    lab.deployed(all_of_it)
    assert kube.get("ValidatingWebhookConfiguration", "hook")
