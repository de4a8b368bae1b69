from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.kubernetes.ownership import migrated_fields

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body

ANNOTATION: Body = {"f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}}
KUBECTL = "kubectl-client-side-apply"
OURS = "cube-airgap"


def entry(manager: str, operation: str, fields: Body, subresource: str = "") -> Body:
    body = {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields}
    return body | ({"subresource": subresource} if subresource else {})


def migrated(*entries: Body) -> list[Body] | None:
    return migrated_fields({"metadata": {"managedFields": list(entries)}}, OURS)


def data(*names: str) -> Body:
    return {"f:data": {f"f:{name}": {} for name in names}}


def test_without_an_entry_of_kubectl_nothing_changes() -> None:
    assert migrated(entry(OURS, "Apply", data("a")), entry("other", "Update", data("b"))) is None


def test_an_object_without_entries_stays() -> None:
    assert migrated_fields({"metadata": {}}, OURS) is None


def test_the_entry_becomes_ours() -> None:
    assert migrated(entry(KUBECTL, "Update", data("a"))) == [entry(OURS, "Apply", data("a"))]


def test_what_kubectl_created_is_taken_too() -> None:
    created = entry("kubectl-create", "Update", data("a"))

    assert migrated(created) == [entry(OURS, "Apply", data("a"))]


def test_what_kubectl_patched_stays_the_site_s() -> None:
    assert migrated(entry("kubectl-patch", "Update", data("a"))) is None


def test_the_entry_is_merged_into_ours() -> None:
    theirs = {**data("b"), "f:metadata": ANNOTATION}

    found = migrated(entry(OURS, "Apply", data("a")), entry(KUBECTL, "Update", theirs))

    assert found == [entry(OURS, "Apply", {**data("a", "b"), "f:metadata": ANNOTATION})]


def test_several_entries_become_one() -> None:
    found = migrated(
        entry(KUBECTL, "Update", data("a")),
        entry("start-script", "Update", {**data("b"), "f:metadata": ANNOTATION}),
    )

    assert found
    assert [one["manager"] for one in found] == [OURS]
    assert found[0]["fieldsV1"]["f:data"] == {"f:a": {}, "f:b": {}}


def test_entries_of_others_stay_as_they_are() -> None:
    controller = entry("kube-controller-manager", "Update", data("s"), "status")
    helm = entry("helm", "Update", data("h"))

    found = migrated(controller, entry(KUBECTL, "Update", data("a")), helm)

    assert found == [controller, helm, entry(OURS, "Apply", data("a"))]


def test_what_kubectl_created_becomes_ours_too() -> None:
    found = migrated(entry("kubectl-create", "Update", data("a")))

    assert found == [entry(OURS, "Apply", data("a"))]


def test_what_kubectl_applied_on_the_servers_side_is_not_taken() -> None:
    assert migrated(entry("kubectl", "Apply", {**data("a"), "f:metadata": ANNOTATION})) is None


def test_the_object_itself_is_not_changed() -> None:
    live = {"metadata": {"managedFields": [entry(KUBECTL, "Update", data("a"))]}}

    migrated_fields(live, OURS)

    assert live["metadata"]["managedFields"][0]["manager"] == KUBECTL
