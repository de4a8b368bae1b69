"""What deploying makes of a cluster; the same tests hold real ones to it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.registry.login import Login
from cube_install.deploy.course import State
from cube_install.deploy.deadline import Deadline
from cube_install.deploy.record.revision import State as Stand
from cube_install.deploy.removal import Removal
from cube_install.kubernetes.applied import Change
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.made_stack import (
    REGISTRY,
    added,
    component,
    made,
    namespace,
    stack,
    without,
)

if TYPE_CHECKING:
    from tests.support.deploying import Lab


def content(lab: Lab, place: str, name: str) -> dict[str, str]:
    body = lab.body(ObjectKey("", "Secret", place, name))
    return {key: base64.b64decode(value).decode() for key, value in body["data"].items()}


def test_all_of_a_stack_comes_up(lab: Lab) -> None:
    outcome = lab.deployed(lab.site.stack())
    assert [one.state for one in outcome.components] == [State.UP] * 4
    assert outcome.changes == {Change.CREATED: 9}
    assert outcome.revision.state is Stand.DONE
    web = lab.body(ObjectKey("apps", "Deployment", lab.site.place, "web"))
    assert web["status"]["readyReplicas"] == 1
    assert lab.body(ObjectKey(lab.site.group, "Queue", lab.site.place, "default"))


def test_a_second_deployment_changes_no_object(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    before = lab.versions(lab.site.stack())
    outcome = lab.deployed(lab.site.stack())
    assert outcome.changes == {Change.UNCHANGED: 9}
    assert (outcome.secrets, outcome.pruned, outcome.revision.number) == ((), (), 1)
    assert lab.versions(lab.site.stack()) == before


def test_a_newer_bundle_changes_what_differs_and_runs_its_job_again(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    job = ObjectKey("batch", "Job", lab.site.place, "setup")
    first = lab.body(job)["metadata"]["uid"]
    outcome = lab.deployed(lab.site.stack("2", colour="blue"))
    assert outcome.changes == {Change.CHANGED: 2, Change.CREATED: 1, Change.UNCHANGED: 6}
    assert lab.body(job)["metadata"]["uid"] != first
    web = lab.body(ObjectKey("apps", "Deployment", lab.site.place, "web"))
    assert web["spec"]["template"]["spec"]["containers"][0]["image"] == f"{REGISTRY}/web:2"
    assert [one.number for one in lab.record.revisions] == [1, 2]


def test_what_the_stack_has_no_more_is_deleted(lab: Lab) -> None:
    lab.deployed(added(lab.site.stack(), "backend", lab.site.config_map("old")))
    outcome = lab.deployed(lab.site.stack())
    key = ObjectKey("", "ConfigMap", lab.site.place, "old")
    assert outcome.pruned == (key,)
    assert lab.cluster.get(key) is None


def test_definitions_data_and_what_others_made_are_never_deleted(lab: Lab) -> None:
    site = lab.site
    lab.deployed(added(site.stack(), "backend", site.config_map("taken")))
    taken = ObjectKey("", "ConfigMap", site.place, "taken")
    lab.cluster.patch(taken, {"metadata": {"labels": {"app.kubernetes.io/managed-by": "me"}}})
    user = made(f"{site.group}/v1", "Queue", "of-a-user", namespace=site.place)
    lab.cluster.create({**user, "metadata": {"name": "of-a-user", "namespace": site.place}})
    smaller = without(site.stack(), "default", f"queues.{site.group}", site.other)
    outcome = lab.deployed(smaller)
    assert [key.name for key in outcome.pruned] == ["default"]
    assert {key.name for key in outcome.left} == {"taken", f"queues.{site.group}", site.other}
    assert lab.body(ObjectKey(site.group, "Queue", site.place, "of-a-user"))
    assert lab.deployed(smaller).left == outcome.left


def test_a_label_of_ours_on_what_somebody_else_made_does_not_get_it_deleted(lab: Lab) -> None:
    old = lab.site.config_map("old")
    key = ObjectKey.of(old)
    lab.deployed(added(lab.site.stack(), "backend", old))
    lab.cluster.delete(key)
    lab.cluster.create(old)
    outcome = lab.deployed(lab.site.stack())
    assert (outcome.pruned, outcome.left) == ((), (key,))
    assert lab.body(key)


def test_volumes_and_claims_are_not_deleted(lab: Lab) -> None:
    space, name = {"storage": "1Gi"}, f"{lab.site.place}-data"
    kept: dict[str, object] = {"accessModes": ["ReadWriteOnce"], "storageClassName": "none"}
    volume = made("v1", "PersistentVolume", name, namespace="",
                  spec=kept | {"capacity": space, "hostPath": {"path": "/data"}})  # fmt: skip
    claim = made("v1", "PersistentVolumeClaim", "data", namespace=lab.site.place,
                 spec=kept | {"resources": {"requests": space}})  # fmt: skip
    for body in (namespace(lab.site.place), volume, claim):
        lab.cluster.apply(body)
    keys = {ObjectKey.of(volume), ObjectKey.of(claim)}
    removal = Removal(lab.cluster)
    removal.remove(keys, Deadline(10), lab.progress)
    assert (removal.deleted, set(removal.kept)) == ([], keys)
    assert all("deletionTimestamp" not in lab.body(key)["metadata"] for key in keys)
    lab.cluster.delete(ObjectKey.of(volume))


def test_passwords_are_made_once_and_are_the_same_everywhere(lab: Lab) -> None:
    outcome = lab.deployed(lab.site.stack())
    one = content(lab, lab.site.place, "mysql-credentials")
    assert one == content(lab, lab.site.other, "mysql-credentials")
    assert (one["username"], len(one["password"])) == ("root", 24)
    assert len(outcome.secrets) == 2
    lab.cluster.delete(ObjectKey("", "Secret", lab.site.other, "mysql-credentials"))
    lab.deployed(lab.site.stack("2"))
    assert content(lab, lab.site.other, "mysql-credentials") == one


def test_a_password_is_never_overwritten(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    key = ObjectKey("", "Secret", lab.site.other, "mysql-credentials")
    by_hand = base64.b64encode(b"set by hand").decode()
    lab.cluster.patch(key, {"data": {"password": by_hand}})
    lab.deployed(lab.site.stack())
    assert content(lab, lab.site.other, "mysql-credentials")["password"] == "set by hand"
    assert any("has another content" in note for note in lab.progress.notes)


def test_nodes_can_pull_in_every_namespace_and_with_a_new_login(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    lab.deploy(lab.site.stack(), Login("a test", "robot$pull", "renewed"))
    for place in (lab.site.place, lab.site.other):
        config = content(lab, place, "hubsecret")[".dockerconfigjson"]
        assert '"harbor.example"' in config
        assert '"password": "renewed"' in config
    lab.deploy(lab.site.stack(), None)
    assert "renewed" in content(lab, lab.site.place, "hubsecret")[".dockerconfigjson"]


def test_an_installation_by_hand_is_taken_over(lab: Lab) -> None:
    """kubectl apply owns its fields as an Update: what the stack drops would stay for ever."""
    site = lab.site
    by_hand = lab.site.deployment("mysql")
    env = [{"name": "MYSQL_ROOT_PASSWORD", "value": "admin"}]
    by_hand["spec"]["template"]["spec"]["containers"][0]["env"] = env
    lab.cluster.create(namespace(site.place))
    lab.make_by_hand(made("v1", "ConfigMap", "settings", namespace=site.place, data={"gone": "x"}))
    lab.make_by_hand(by_hand)
    lab.deployed(lab.adopting(site.stack(colour="blue")))
    settings = lab.body(ObjectKey("", "ConfigMap", site.place, "settings"))
    assert settings["data"] == {"colour": "blue"}
    assert content(lab, site.place, "mysql-credentials")["password"] == "admin"
    mysql = lab.body(ObjectKey("apps", "Deployment", site.place, "mysql"))
    assert "env" not in mysql["spec"]["template"]["spec"]["containers"][0]


def test_what_somebody_edited_is_taken_back_and_told(lab: Lab) -> None:
    lab.deployed(lab.site.stack(colour="blue"))
    key = ObjectKey("", "ConfigMap", lab.site.place, "settings")
    lab.edit(key, {"data": {"colour": "red"}})
    lab.deployed(lab.site.stack(colour="blue"))
    assert lab.body(key)["data"]["colour"] == "blue"
    assert any("taken over from somebody: data.colour" in note for note in lab.progress.notes)


def test_a_failed_job_is_run_again(lab: Lab) -> None:
    waiting = lab.site.job("setup")
    waiting["spec"]["suspend"] = True
    never = stack(component("all", namespace(lab.site.place), waiting, deadline=0))
    lab.deploy(never)
    key = ObjectKey("batch", "Job", lab.site.place, "setup")
    first = lab.body(key)["metadata"]["uid"]
    lab.deploy(never)
    assert lab.body(key)["metadata"]["uid"] == first
    lab.fail_job(key)
    lab.deploy(never)
    assert lab.body(key)["metadata"]["uid"] != first


def test_components_that_fail_leave_those_that_need_them(lab: Lab) -> None:
    site = lab.site
    wrong: dict[str, Any] = site.service("wrong")
    wrong["nonsense"] = []
    broken = stack(
        component("namespaces", namespace(site.place)),
        component("broken", wrong, needs=("namespaces",)),
        component("after", site.config_map("after"), needs=("broken",)),
        component("beside", site.config_map("beside"), needs=("namespaces",)),
    )
    outcome = lab.deploy(broken)
    states = [State.UP, State.FAILED, State.LEFT, State.UP]
    assert [one.state for one in outcome.components] == states
    assert "wrong" in outcome.errors[0].what
    assert lab.record.revisions[-1].state is Stand.FAILED
    assert lab.cluster.get(ObjectKey("", "ConfigMap", site.place, "after")) is None


@pytest.mark.parametrize("kind", ["PersistentVolumeClaim", "Deployment"])
def test_what_cannot_be_changed_is_explained_and_stays(lab: Lab, kind: str) -> None:
    site = lab.site
    size = {"resources": {"requests": {"storage": "2Gi"}}, "accessModes": ["ReadWriteOnce"]}
    claim = made("v1", "PersistentVolumeClaim", "data", namespace=site.place,
                 spec=size | {"storageClassName": "none"})  # fmt: skip
    web = site.deployment("web")
    body = claim if kind == "PersistentVolumeClaim" else web
    before = stack(component("all", namespace(site.place), body, deadline=0))
    lab.deploy(before)
    if kind == "PersistentVolumeClaim":
        body["spec"]["resources"] = {"requests": {"storage": "1Gi"}}
    else:
        labels = {"matchLabels": {"app": "other"}}
        web["spec"]["selector"] = labels
        web["spec"]["template"]["metadata"]["labels"] = labels["matchLabels"]
    outcome = lab.deploy(stack(component("all", namespace(site.place), body)))
    assert "cannot be changed" in outcome.errors[0].what
    assert "kubectl -n" in outcome.errors[0].remedy
    assert lab.cluster.get(ObjectKey.of(body))


def test_a_strategy_that_a_default_filled_in_is_in_nobodys_way(lab: Lab) -> None:
    """No apply takes the default's `rollingUpdate` out of a Deployment that is to be Recreate."""
    lab.cluster.create(namespace(lab.site.place))
    lab.make_by_hand(lab.site.deployment("web"))
    body = lab.site.deployment("web")
    body["spec"]["strategy"] = {"type": "Recreate"}
    lab.deployed(stack(component("all", namespace(lab.site.place), body)))
    strategy = lab.body(ObjectKey.of(body))["spec"]["strategy"]
    assert strategy["type"] == "Recreate"
    assert "rollingUpdate" not in strategy


def test_a_claim_that_waits_for_its_first_pod_keeps_nobody_waiting(lab: Lab) -> None:
    name = f"late-{lab.site.place}"
    mode = {"provisioner": "example.org/late", "volumeBindingMode": "WaitForFirstConsumer"}
    late = made("storage.k8s.io/v1", "StorageClass", name, namespace="", **mode)
    spec = {
        "storageClassName": name,
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }
    claim = made("v1", "PersistentVolumeClaim", "data", namespace=lab.site.place, spec=spec)
    lab.deployed(stack(component("all", namespace(lab.site.place), late, claim)))
    lab.cluster.delete(ObjectKey.of(late))
