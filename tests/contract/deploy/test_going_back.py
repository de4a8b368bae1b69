"""Comparing, going back and taking away; the same tests hold real clusters to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError
from cube_install.deploy.comparing import Fate, compare
from cube_install.deploy.record.record import NAMESPACE
from cube_install.deploy.record.revision import State
from cube_install.deploy.returning import earlier_revision
from cube_install.deploy.uninstallation import Extent, Uninstallation
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.made_stack import added, component, made, namespace, stack, without
from tests.support.noting_progress import NotingProgress

if TYPE_CHECKING:
    from cube_install.deploy.removal import Removal
    from tests.support.deploying import Lab


def uninstalled(lab: Lab, *, data: bool = False, definitions: bool = False) -> Removal:
    return Uninstallation(lab.cluster, Extent(data, definitions)).run(NotingProgress())


def test_a_comparison_tells_what_would_become_of_each_object(lab: Lab) -> None:
    lab.deployed(added(lab.site.stack(colour="red"), "backend", lab.site.config_map("old")))
    before = lab.versions(lab.site.stack())
    newer = added(lab.site.stack("2", colour="blue"), "backend", lab.site.config_map("new"))
    found = {one.key.name: one for one in compare(lab.cluster, newer)}
    assert {name: one.fate for name, one in found.items()} == {
        lab.site.place: Fate.SAME,
        lab.site.other: Fate.SAME,
        "mysql": Fate.SAME,
        f"queues.{lab.site.group}": Fate.SAME,
        "default": Fate.SAME,
        "settings": Fate.CHANGED,
        "web": Fate.CHANGED,
        "setup": Fate.REPLACED,
        "new": Fate.NEW,
        "old": Fate.DELETED,
    }
    (field,) = found["settings"].fields
    assert (field.path, field.old, field.new) == ("data.colour", "red", "blue")
    assert "spec.template.spec.containers[main].image" in {one.path for one in found["web"].fields}
    assert lab.versions(lab.site.stack()) == before


def test_a_comparison_tells_what_goes_of_an_installation_by_hand(lab: Lab) -> None:
    by_hand, wanted = lab.site.deployment("web"), lab.site.deployment("web")
    by_hand["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "PASSWORD", "value": "x"},
        {"name": "GONE", "value": "y"},
    ]
    secret = {"secretKeyRef": {"name": "credentials", "key": "password"}}
    wanted["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "PASSWORD", "valueFrom": secret}
    ]
    wanted["spec"]["strategy"] = {"type": "Recreate"}
    lab.cluster.create(namespace(lab.site.place))
    lab.make_by_hand(by_hand)
    (found,) = compare(lab.cluster, stack(component("all", wanted)))
    assert found.fate is Fate.CHANGED
    env = "spec.template.spec.containers[main].env"
    changes = {one.path: (one.old, one.new) for one in found.fields}
    assert changes[f"{env}[PASSWORD].value"] == ("(hidden)", "")
    assert changes[f"{env}[GONE]"][1] == ""
    assert any("Recreate" in new for _, new in changes.values())


def test_a_comparison_before_anything_is_there(lab: Lab) -> None:
    assert {one.fate for one in compare(lab.cluster, lab.site.stack())} == {Fate.NEW}


def test_a_secret_is_compared_without_being_shown(lab: Lab) -> None:
    def keys(value: str) -> dict[str, object]:
        return made("v1", "Secret", "keys", namespace=lab.site.place, data={"key": value})

    lab.deployed(added(lab.site.stack(), "backend", keys("b25l")))
    found = compare(lab.cluster, added(lab.site.stack(), "backend", keys("dHdv")))
    (fields,) = (one.fields for one in found if one.key.name == "keys")
    assert "(hidden)" in str(fields)
    assert "dHdv" not in str(fields)
    assert "b25l" not in str(fields)


def test_the_bundle_before_comes_back(lab: Lab) -> None:
    lab.deployed(lab.site.stack("1", colour="red"))
    lab.deployed(added(lab.site.stack("2", colour="blue"), "backend", lab.site.config_map("new")))
    record = lab.record
    revision = earlier_revision(record, None)
    assert revision.number == 1
    outcome = lab.deployed(record.stack(revision))
    assert (outcome.revision.number, outcome.revision.bundle) == (3, revision.bundle)
    assert [key.name for key in outcome.pruned] == ["new"]
    settings = ObjectKey("", "ConfigMap", lab.site.place, "settings")
    assert lab.body(settings)["data"] == {"colour": "red"}


def test_no_record_has_a_secrets_content(lab: Lab) -> None:
    keys = made("v1", "Secret", "keys", namespace=lab.site.place, data={"key": "b25l"})
    lab.deployed(added(lab.site.stack(), "backend", keys))
    lab.deployed(lab.site.stack("2"))
    lab.deployed(lab.record.stack(lab.record.revision(1)))
    assert lab.body(ObjectKey("", "Secret", lab.site.place, "keys"))["data"] == {"key": "b25l"}
    assert any("no record has a secret's content" in note for note in lab.progress.notes)


def test_there_is_nothing_to_go_back_to(lab: Lab) -> None:
    with pytest.raises(MissingError, match="nothing is deployed"):
        earlier_revision(lab.record, None)
    lab.deployed(lab.site.stack())
    with pytest.raises(MissingError, match="no earlier revision"):
        earlier_revision(lab.record, None)
    with pytest.raises(MissingError, match="no revision 7"):
        earlier_revision(lab.record, 7)


def test_data_and_definitions_outlive_an_uninstallation(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    removal = uninstalled(lab)
    assert {key.kind for key in removal.kept} == {"Namespace", "CustomResourceDefinition"}
    assert lab.cluster.get(ObjectKey("apps", "Deployment", lab.site.place, "web")) is None
    assert lab.body(ObjectKey("", "Secret", lab.site.place, "mysql-credentials"))
    assert lab.record.revisions[-1].state is State.REMOVED


def test_deploying_after_an_uninstallation_finds_the_passwords(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    key = ObjectKey("", "Secret", lab.site.place, "mysql-credentials")
    before = lab.body(key)["data"]
    uninstalled(lab)
    assert lab.deployed(lab.site.stack()).revision.number == 2
    assert lab.body(key)["data"] == before


def test_what_was_taken_off_comes_back_by_its_number(lab: Lab) -> None:
    lab.deployed(lab.site.stack("1", colour="red"))
    lab.deployed(lab.site.stack("2", colour="blue"))
    uninstalled(lab)
    record = lab.record
    assert earlier_revision(record, None).number == 1
    lab.deployed(record.stack(earlier_revision(record, 2)))
    settings = ObjectKey("", "ConfigMap", lab.site.place, "settings")
    assert lab.body(settings)["data"] == {"colour": "blue"}


def test_an_uninstallation_can_take_everything(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    uninstalled(lab)
    lost = Uninstallation(lab.cluster, Extent(data=True, definitions=True))
    lab.cluster.create(
        {
            "apiVersion": f"{lab.site.group}/v1",
            "kind": "Queue",
            "metadata": {"name": "of-a-user", "namespace": lab.site.place},
        }
    )
    assert lost.lost_objects() == {f"queues.{lab.site.group}": 1}
    removal = lost.run(NotingProgress())
    assert removal.kept == []
    for key in (
        ObjectKey("", "Namespace", "", lab.site.place),
        ObjectKey(
            "apiextensions.k8s.io", "CustomResourceDefinition", "", f"queues.{lab.site.group}"
        ),
    ):
        assert lab.cluster.get(key) is None
    going = lab.cluster.get(ObjectKey("", "Namespace", "", NAMESPACE))
    assert going is None or going["status"]["phase"] == "Terminating"


def test_what_others_made_outlives_an_uninstallation(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    key = ObjectKey("", "ConfigMap", lab.site.place, "settings")
    lab.cluster.patch(key, {"metadata": {"labels": {"app.kubernetes.io/managed-by": "me"}}})
    assert key in uninstalled(lab).kept
    assert lab.body(key)


def test_a_secret_that_others_took_over_outlives_even_the_data(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    theirs = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "me"}}}
    secret = ObjectKey("", "Secret", lab.site.place, "mysql-credentials")
    for key in (ObjectKey("", "Namespace", "", lab.site.place), secret):
        lab.cluster.patch(key, theirs)
    uninstalled(lab, data=True)
    assert lab.body(secret)


def test_a_component_that_is_to_be_kept_outlives_an_uninstallation(lab: Lab) -> None:
    whole = lab.site.stack()
    parts = (replace(one, keeps=one.name == "mysql") for one in whole.components)
    lab.deployed(replace(whole, components=tuple(parts)))
    key = ObjectKey("apps", "Deployment", lab.site.place, "mysql")
    assert key in uninstalled(lab).kept
    assert lab.body(key)
    assert key in uninstalled(lab, data=True).deleted


def test_a_cluster_without_a_record_is_left_alone(lab: Lab) -> None:
    with pytest.raises(MissingError, match="no record"):
        Uninstallation(lab.cluster, Extent())


def test_a_job_that_differs_is_shown_without_its_defaults(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    found = compare(lab.cluster, lab.site.stack("2"))
    (job,) = (one for one in found if one.key.kind == "Job")
    assert [one.path for one in job.fields] == ["spec.template.spec.containers[main].image"]


def test_objects_that_the_record_lost_count_as_leftovers(lab: Lab) -> None:
    """A deployment that was given up for another one left objects that only its record has."""
    broken = added(lab.site.stack(), "backend", lab.site.config_map("from-a-failure"))
    stuck = added(broken, "backend", lab.site.service("wrong") | {"nonsense": 1})
    assert lab.deploy(stuck).errors
    outcome = lab.deployed(without(lab.site.stack("2"), "setup"))
    assert "from-a-failure" in {key.name for key in outcome.pruned}
