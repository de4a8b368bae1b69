from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_install.kubernetes.applied import Change
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.refusals import AlreadyExistsError, OutdatedError
from tests.support.kubernetes.answers import status
from tests.support.kubernetes.objects import changed, config_map, deployment

if TYPE_CHECKING:
    from tests.support.kubernetes.double import KubernetesDouble

BODY = config_map("settings", "default", a="1")
BOTH = config_map("settings", "default", a="1", b="2")
KEY = ObjectKey.of(BODY)


def test_a_lost_answer_to_an_apply_does_no_harm(kube: KubernetesDouble) -> None:
    kube.faults.plan(r"PATCH ", is_lost=True)

    applied = kube.connect().apply(BODY)

    assert applied.change is Change.CREATED
    assert applied.body["data"] == {"a": "1"}


def test_a_lost_answer_to_a_creation_is_found_again(kube: KubernetesDouble) -> None:
    kube.faults.plan(r"POST ", is_lost=True)

    assert kube.connect().create(BODY)["data"] == {"a": "1"}


def test_what_another_created_is_not_taken_for_ours(kube: KubernetesDouble) -> None:
    kube.put(BODY)
    kube.faults.plan(r"POST ", times=0)

    with pytest.raises(AlreadyExistsError):
        kube.connect().create(BODY)


def test_a_lost_answer_to_a_deletion_does_no_harm(kube: KubernetesDouble) -> None:
    kube.put(BODY)
    kube.faults.plan(r"DELETE ", is_lost=True)

    kube.connect().delete(KEY)

    assert kube.get("ConfigMap", "settings", "default") is None


def test_what_kubectl_applied_is_taken_over_once(kube: KubernetesDouble) -> None:
    kube.kubectl_apply(BOTH)
    cluster = kube.connect()

    cluster.apply(BODY)
    cluster.apply(BODY)

    patches = [one for one in kube.asked if one.method == "PATCH"]
    assert len(patches) == 3
    assert (kube.get("ConfigMap", "settings", "default") or {})["data"] == {"a": "1"}


def test_what_kubectl_applied_to_a_shared_object_stays(kube: KubernetesDouble) -> None:
    kube.kubectl_apply(BOTH)
    shared = config_map("settings", "default")
    shared["metadata"]["annotations"] = {"cube-airgap/shared": "true"}
    shared.pop("data", None)

    applied = kube.connect().apply(shared)

    assert applied.body["data"] == {"a": "1", "b": "2"}


def test_a_change_while_it_is_taken_over_is_seen(kube: KubernetesDouble) -> None:
    kube.kubectl_apply(BOTH)
    kube.faults.before(r"PATCH ", lambda: _change(kube))

    applied = kube.connect().apply(BODY)

    assert applied.body["data"] == {"a": "1", "theirs": "3"}


def _change(kube: KubernetesDouble) -> None:
    live = kube.get("ConfigMap", "settings", "default")
    assert live
    body = changed(live, "data.theirs", "3")
    body["metadata"].pop("resourceVersion")
    kube.put(body)


def test_what_is_deleted_while_it_is_taken_over_is_made_anew(kube: KubernetesDouble) -> None:
    kube.kubectl_apply(BOTH)
    kube.faults.before(r"PATCH ", lambda: kube.remove("ConfigMap", "settings", "default"))

    assert kube.connect().apply(BODY).body["data"] == {"a": "1"}


def test_a_status_that_is_written_meanwhile_is_no_change(kube: KubernetesDouble) -> None:
    body = deployment("web", "default")
    cluster = kube.connect()
    cluster.apply(body)
    kube.faults.before(
        r"PATCH ", lambda: kube.set_status("Deployment", "web", "default", {"replicas": 9})
    )

    assert cluster.apply(body).change is Change.UNCHANGED


def test_warnings_come_with_the_object(kube: KubernetesDouble) -> None:
    kube.warn("PATCH /api/v1", "this is deprecated")

    assert kube.connect().apply(BODY).warnings == ("this is deprecated",)


def test_an_object_that_was_replaced_is_not_deleted(kube: KubernetesDouble) -> None:
    uid = kube.put(BODY)["metadata"]["uid"]
    kube.remove("ConfigMap", "settings", "default")
    kube.put(BODY)

    assert not kube.connect().delete(KEY, uid=uid)


def test_a_deletion_that_is_refused_for_another_reason_is_told(kube: KubernetesDouble) -> None:
    kube.put(BODY)
    kube.faults.plan(r"DELETE ", status(409, "Conflict", "Operation cannot be fulfilled"))

    with pytest.raises(OutdatedError):
        kube.connect().delete(KEY)


@pytest.mark.parametrize("propagation", ["Background", "Foreground", "Orphan"])
def test_what_it_owns_goes_as_is_said(kube: KubernetesDouble, propagation: str) -> None:
    cluster = kube.connect()
    body = deployment("web", "default")
    cluster.apply(body)
    for _ in range(3):
        cluster.list("", "Pod")

    cluster.delete(ObjectKey.of(body), propagation=propagation)
    for _ in range(3):
        cluster.list("", "Pod")

    assert kube.get("Deployment", "web", "default") is None
    assert bool(kube.all("ReplicaSet", "default")) is (propagation == "Orphan")
