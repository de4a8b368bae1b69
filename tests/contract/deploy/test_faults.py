"""Clusters that fail while a stack is deployed: what is told, and that a second run mends it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AuthenticationError, ClusterError, IntegrityError, NetworkError
from cube_install.deploy.course import State
from cube_install.deploy.lease import KEY, Holder
from cube_install.deploy.record.revision import State as Stand
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.deploying import OTHER, Lab, others_lease
from tests.support.kubernetes.double import KubernetesDouble, running_double
from tests.support.kubernetes.faults import (
    behind_balancer,
    internal,
    too_many,
    webhook_away,
    webhook_denies,
)
from tests.support.kubernetes.trouble import Trouble
from tests.support.made_stack import SmallSite, component, namespace, stack, within

if TYPE_CHECKING:
    from pathlib import Path

    from cube_install.deploy.rollout import RolloutOutcome
    from tests.support.kubernetes.answers import Answer

SITE = SmallSite()
APPLY = "PATCH .*fieldManager"


@pytest.fixture
def lab(kube: KubernetesDouble) -> Lab:
    return Lab(kube.connect(), kube.kubeconfig, SITE)


def told(outcome: RolloutOutcome) -> str:
    return "\n".join(f"{one.what} -> {one.remedy}" for one in outcome.errors)


PASSING = {
    "connection broken": None,
    "429": too_many(0),
    "503": behind_balancer(503),
    "502": behind_balancer(502),
    "webhook not up yet": webhook_away("hook.example"),
}


@pytest.mark.parametrize("case", PASSING)
def test_what_passes_is_waited_for(kube: KubernetesDouble, lab: Lab, case: str) -> None:
    kube.faults.plan(f"{APPLY}", PASSING[case], times=5)
    lab.deployed(SITE.stack())


LASTING = {
    "webhook refuses": (
        webhook_denies("policy.example", "no root please", 403),
        "policy.example refuses",
        "policy.example",
    ),
    "webhook down": (
        webhook_away("hook.example"),
        "hook.example cannot be asked",
        "Service and pods",
    ),
    "500": (internal("the moon is full"), "the moon is full", "log of the API server"),
}


@pytest.mark.parametrize("case", LASTING)
def test_what_stays_fails_the_component_alone(kube: KubernetesDouble, lab: Lab, case: str) -> None:
    answer, what, remedy = LASTING[case]
    fault(kube, answer)
    outcome = lab.deploy(SITE.stack())
    assert [one.state for one in outcome.components] == [
        State.UP,
        State.FAILED,
        State.UP,
        State.LEFT,
    ]
    assert what in told(outcome)
    assert remedy in told(outcome)
    revision = lab.record.revisions[-1]
    assert revision.state is Stand.FAILED
    assert what in revision.told
    kube.faults.planned.clear()
    assert lab.deployed(SITE.stack()).revision.number == revision.number


def fault(kube: KubernetesDouble, answer: Answer) -> None:
    """Let the Service of component mysql not be applied."""
    kube.faults.plan("PATCH .*/services/mysql", answer, times=10_000)


def test_a_missing_right_names_verb_and_resource(kube: KubernetesDouble, lab: Lab) -> None:
    kube.withhold("patch", "services")
    outcome = lab.deploy(SITE.stack())
    assert "lacks: patch services in namespace infra" in told(outcome)
    assert 'verbs: ["patch"]' in told(outcome)


def test_a_token_that_expires_midway_stops_everything(kube: KubernetesDouble, lab: Lab) -> None:
    kube.faults.before("PATCH .*/deployments/mysql", kube.expire_token)
    with pytest.raises(AuthenticationError):
        lab.deploy(SITE.stack())


def test_a_cluster_that_goes_away_stops_everything(kube: KubernetesDouble, lab: Lab) -> None:
    kube.faults.before(
        "PATCH .*/deployments/mysql", lambda: kube.faults.plan(".*", None, times=100_000)
    )
    with pytest.raises(NetworkError):
        lab.deploy(SITE.stack())
    kube.faults.planned.clear()
    assert lab.record.revisions[-1].state is Stand.APPLYING
    lab.cluster.delete(KEY)  # as if it had run out
    lab.deployed(SITE.stack())


def test_a_namespace_that_is_being_deleted_is_waited_for(kube: KubernetesDouble, lab: Lab) -> None:
    lab.deployed(SITE.stack())
    held = ObjectKey("", "ConfigMap", "infra", "settings")
    lab.cluster.patch(held, {"metadata": {"finalizers": ["example.org/held"]}})
    lab.cluster.delete(ObjectKey("", "Namespace", "", "infra"))
    with pytest.raises(ClusterError, match="namespace infra is being deleted, and does not go"):
        lab.deploy(within(0, SITE.stack()))
    lab.cluster.patch(held, {"metadata": {"finalizers": None}})
    lab.deployed(SITE.stack())


def test_a_run_that_another_one_took_for_dead_stops(kube: KubernetesDouble, lab: Lab) -> None:
    def take_over() -> None:
        lab.cluster.delete(KEY)
        lab.cluster.create(others_lease())

    kube.stick("infra", "mysql", Trouble.SLOW)
    kube.faults.before("PATCH .*/deployments/mysql", take_over)
    with pytest.raises(ClusterError, match="another run has taken over"):
        lab.deploy(SITE.stack())
    assert lab.record.revisions[-1].state is Stand.APPLYING
    assert Holder.of(lab.body(KEY)).name == OTHER


def test_a_record_whose_answer_got_lost_is_written(kube: KubernetesDouble, lab: Lab) -> None:
    kube.faults.plan("PUT .*/configmaps/record", None, is_lost=True)
    assert lab.deployed(SITE.stack()).revision.state is Stand.DONE


def test_a_damaged_record_keeps_nobody_from_deploying(kube: KubernetesDouble, lab: Lab) -> None:
    lab.deployed(SITE.stack())
    kube.remove("Secret", "revision-0001-0", "cube-airgap")
    assert lab.deployed(SITE.stack("2")).revision.number == 2


def test_a_record_whose_bytes_changed_keeps_nobody_from_deploying(
    kube: KubernetesDouble, lab: Lab
) -> None:
    lab.deployed(SITE.stack())
    key = ObjectKey("", "Secret", "cube-airgap", "revision-0001-0")
    packed = base64.b64decode(lab.body(key)["data"]["part"])
    for spoilt in (packed[:10] + b"\xff" * 10 + packed[20:], packed[:-9], b"no gzip"):
        lab.cluster.patch(key, {"data": {"part": base64.b64encode(spoilt).decode()}})
        with pytest.raises(IntegrityError, match="revision 1 in the cluster is damaged"):
            lab.record.stack(lab.record.revisions[0])
    assert lab.deployed(SITE.stack("2")).revision.number == 2


def test_what_the_server_warns_of_is_told_once(kube: KubernetesDouble, lab: Lab) -> None:
    kube.warn("/deployments/", "that is deprecated")
    lab.deployed(SITE.stack())
    assert sum("that is deprecated" in note for note in lab.progress.notes) == 1


@pytest.mark.parametrize("version", [(1, 20), (1, 40)])
def test_old_and_new_clusters_take_what_they_serve(
    tmp_path: Path, version: tuple[int, int]
) -> None:
    with running_double(tmp_path, version=version) as kube:
        lab = Lab(kube.connect(), kube.kubeconfig, SITE)
        policy = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": "images"},
            "spec": {"mutations": []},
        }
        lab.deployed(stack(component("all", namespace(), policy)))
        is_left_out = any("left out" in note for note in lab.progress.notes)
        assert is_left_out is (version < (1, 32))
