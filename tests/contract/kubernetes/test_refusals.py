"""What an API server refuses, and as which error it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from cube_airgap.errors import AuthenticationError, UsageError
from cube_install.kubernetes.cluster import Cluster
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.refusals import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    NamespaceTerminatingError,
    NotFoundError,
    NotServedError,
    OutdatedError,
    RefusalError,
)
from tests.support.kubernetes.objects import (
    changed,
    claim,
    config_map,
    daemon_set,
    deployment,
    job,
    named,
    pod_template,
    stateful_set,
    volume,
)
from tests.support.kubernetes.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.kubernetes.conftest import Site
    from tests.support.kubernetes.json_types import Body

SECRET_VALUE = "never-to-be-told"


def refused(site: Site, body: Body) -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        site.cluster.apply(body)
    return caught.value


def test_a_field_that_does_not_exist_is_told_by_its_path(site: Site) -> None:
    error = refused(site, deployment("web", site.namespace, replica=1))

    assert isinstance(error, InvalidError)
    assert not error.is_immutable
    assert str(error) == (
        f"the cluster cannot apply Deployment.apps {site.namespace}/web: .spec.replica: field not "
        "declared in schema"
    )
    assert (error.status.code, error.status.reason) == (500, "")


def test_a_field_at_the_top_that_does_not_exist_is_told(site: Site) -> None:
    error = refused(site, named("v1/ConfigMap", "settings", site.namespace, date={}))

    assert isinstance(error, InvalidError)
    assert ".date: field not declared in schema" in str(error)


def test_a_field_that_does_not_exist_is_told_when_an_object_is_created(site: Site) -> None:
    if site.cluster.version < (1, 25):  # they have no strict validation
        return
    with pytest.raises(InvalidError, match='unknown field "date"'):
        site.cluster.create(named("v1/ConfigMap", "settings", site.namespace, date={}))


def test_a_name_that_is_not_allowed_is_told(site: Site) -> None:
    error = refused(site, config_map("Not_So", site.namespace))

    assert isinstance(error, InvalidError)
    assert "metadata.name" in str(error)


def immutable_changes(site: Site) -> dict[str, tuple[Body, Body]]:
    """By name: an object, and a change of it that nothing can make in place."""
    here, name = site.namespace, site.unique
    web, one_job = deployment("web", here, replicas=0), job("setup", here)
    program = changed(
        one_job, "spec.template", pod_template("registry.invalid/x:2", restartPolicy="Never")
    )
    other = {"matchLabels": {"app": "program", "tier": "web"}}
    labels = {"app": "program", "tier": "web"}
    moved = changed(changed(web, "spec.selector", other), "spec.template.metadata.labels", labels)
    agent = daemon_set("agent", here)
    moved_agent = changed(
        changed(agent, "spec.selector", other), "spec.template.metadata.labels", labels
    )
    database = stateful_set("database", here)
    rbac = "rbac.authorization.k8s.io"
    view = {"apiGroup": rbac, "kind": "ClusterRole", "name": "view"}
    binding = named(f"{rbac}/v1/RoleBinding", "reader", here, roleRef=view, subjects=[])
    priority = named("scheduling.k8s.io/v1/PriorityClass", name, value=10)
    storage = named(
        "storage.k8s.io/v1/StorageClass", name, provisioner="x.example/y", parameters={"a": "1"}
    )
    login = named("v1/Secret", "login", here, type="one.example/x", data={"a": "Yg=="})
    frozen = {**config_map("frozen", here, a="1"), "immutable": True}
    return {
        "Job": (one_job, program),
        "Deployment": (web, moved),
        "DaemonSet": (agent, moved_agent),
        "StatefulSet": (database, changed(database, "spec.serviceName", "other")),
        "RoleBinding": (binding, changed(binding, "roleRef.name", "edit")),
        "PersistentVolume": (volume(name, here, "data"), volume(name, here, "data", "/tmp/other")),
        "PriorityClass": (priority, changed(priority, "value", 11)),
        "StorageClass": (storage, changed(storage, "parameters.a", "2")),
        "Secret": (login, changed(login, "type", "other.example/x")),
        "ConfigMap": (frozen, changed(frozen, "data.a", "2")),
    }


IMMUTABLE = (
    "Job",
    "Deployment",
    "DaemonSet",
    "StatefulSet",
    "RoleBinding",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
    "Secret",
    "ConfigMap",
)


@pytest.mark.parametrize("kind", IMMUTABLE)
def test_a_change_that_cannot_be_made_in_place_is_told_as_that(site: Site, kind: str) -> None:
    first, second = immutable_changes(site)[kind]
    if "namespace" not in first["metadata"]:
        site.keep(first)
    site.cluster.apply(first)

    error = refused(site, second)

    assert isinstance(error, InvalidError)
    assert error.is_immutable
    assert error.status.code == 422
    assert len(str(error)) < 300
    assert "{" not in str(error)
    assert "@@" not in str(error)


def test_the_size_of_a_claim_cannot_be_changed_in_place(site: Site) -> None:
    site.cluster.apply(site.keep(volume(site.unique, site.namespace, "data")))
    site.cluster.apply(claim("data", site.namespace))
    key = ObjectKey("", "PersistentVolumeClaim", site.namespace, "data")
    eventually(lambda: (site.cluster.get(key) or {}).get("status", {}).get("phase") == "Bound")

    error = refused(site, claim("data", site.namespace, "2Gi"))

    assert isinstance(error, InvalidError)
    assert error.is_immutable
    assert error.status.code == 403
    assert "only dynamically provisioned pvc can be resized" in str(error)


def test_passwords_in_a_pod_template_are_not_told(site: Site) -> None:
    body = job("setup", site.namespace)
    variables = [{"name": "PASSWORD", "value": SECRET_VALUE}]
    body = changed(body, "spec.template.spec.containers.0.env", variables)
    site.cluster.apply(body)

    error = refused(site, changed(body, "spec.template.spec.containers.0.image", "x.invalid/x:2"))

    assert SECRET_VALUE in error.status.message  # the server tells it
    assert SECRET_VALUE not in str(error) + error.remedy
    assert str(error).endswith(": spec.template: field is immutable")


def test_a_namespace_that_does_not_exist_is_told(site: Site) -> None:
    error = refused(site, config_map("settings", "there-is-none"))

    assert isinstance(error, NotFoundError)
    assert "there is no namespace there-is-none" in str(error)


def test_a_namespace_that_is_being_deleted_is_told(site: Site) -> None:
    held = config_map("held", site.namespace)
    held["metadata"]["finalizers"] = ["test.example/hold"]
    site.cluster.apply(held)
    site.cluster.delete(ObjectKey("", "Namespace", "", site.namespace))

    error = refused(site, config_map("settings", site.namespace))
    site.cluster.patch(ObjectKey.of(held), {"metadata": {"finalizers": None}})

    assert isinstance(error, NamespaceTerminatingError)


def test_a_group_that_is_not_served_is_told(site: Site) -> None:
    with pytest.raises(NotServedError, match=r"serves no Thing in none\.example\.com/v1"):
        site.cluster.apply(named("none.example.com/v1/Thing", "one", site.namespace))


def test_a_version_that_is_not_served_is_told(site: Site) -> None:
    with pytest.raises(NotServedError, match="serves no Deployment in apps/v9"):
        site.cluster.apply(named("apps/v9/Deployment", "web", site.namespace))


def test_a_kind_that_is_not_in_its_group_is_told(site: Site) -> None:
    with pytest.raises(NotServedError, match="serves no Thing in apps/v1"):
        site.cluster.dry_apply(named("apps/v1/Thing", "one", site.namespace))


def test_an_object_without_its_namespace_is_not_sent(site: Site) -> None:
    with pytest.raises(UsageError, match="ConfigMap settings has no namespace"):
        site.cluster.apply(config_map("settings", ""))


def test_what_exists_is_not_created_again(site: Site) -> None:
    body = config_map("settings", site.namespace)
    site.cluster.create(body)

    with pytest.raises(AlreadyExistsError):
        site.cluster.create(body)


def test_an_object_that_was_changed_meanwhile_is_not_replaced(site: Site) -> None:
    body = site.cluster.create(config_map("settings", site.namespace, a="1"))
    site.cluster.replace(changed(body, "data.a", "2"))

    with pytest.raises(OutdatedError):
        site.cluster.replace(changed(body, "data.a", "3"))


def test_what_does_not_exist_is_not_patched(site: Site) -> None:
    with pytest.raises(NotFoundError):
        site.cluster.patch(ObjectKey("", "ConfigMap", site.namespace, "none"), {"data": {"a": "1"}})


def test_an_unknown_field_selector_is_told(site: Site) -> None:
    with pytest.raises(InvalidError, match=r"not a known field selector|field label not supported"):
        site.cluster.list("", "ConfigMap", namespace=site.namespace, fields="data.a=1")


@pytest.fixture
def nobody(site: Site, tmp_path: Path) -> Iterator[Cluster]:
    """The same cluster, for a user without any right."""
    config = yaml.safe_load(site.kubeconfig.read_text())
    config["users"][0]["user"]["as"] = "nobody-at-all"
    path = tmp_path / "nobody.kubeconfig"
    path.write_text(yaml.safe_dump(config))
    cluster = Cluster.connect(path)
    yield cluster
    cluster.close()


def test_a_right_that_is_lacking_is_told_with_the_rule_that_gives_it(
    site: Site, nobody: Cluster
) -> None:
    with pytest.raises(ForbiddenError) as caught:
        nobody.apply(deployment("web", site.namespace))

    right = caught.value.right
    assert (right.verb, right.resource, right.group) == ("get", "deployments", "apps")
    assert right.namespace == site.namespace
    assert 'apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"]' in caught.value.remedy


def test_a_right_in_the_whole_cluster_that_is_lacking_is_told(nobody: Cluster) -> None:
    with pytest.raises(ForbiddenError) as caught:
        nobody.list("", "Node")

    assert str(caught.value.right) == "list nodes"
    assert "ClusterRole" in caught.value.remedy


def test_what_a_user_may_do_is_told(site: Site, nobody: Cluster) -> None:
    assert site.cluster.allows("create", "apps", "deployments", site.namespace)


def test_a_token_that_is_not_accepted_is_told_without_it(site: Site, tmp_path: Path) -> None:
    config = yaml.safe_load(site.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": SECRET_VALUE}
    path = tmp_path / "wrong.kubeconfig"
    path.write_text(yaml.safe_dump(config))

    with pytest.raises(AuthenticationError) as caught:
        Cluster.connect(path)

    server = site.cluster.server
    assert str(caught.value).startswith(f"the API server {server} does not accept the token")
    assert SECRET_VALUE not in str(caught.value) + caught.value.remedy
