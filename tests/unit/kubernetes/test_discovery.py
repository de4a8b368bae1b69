from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import UsageError
from cube_install.kubernetes.discovery import ApiKind
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.refusals import NotServedError
from tests.support.kubernetes import faults
from tests.support.kubernetes.double import QUICK
from tests.support.kubernetes.objects import config_map, definition, named

if TYPE_CHECKING:
    from cube_install.kubernetes.cluster import Cluster
    from tests.support.kubernetes.double import KubernetesDouble

GROUP = "things.example.com"
THING = named(f"{GROUP}/v1/Thing", "one", "default", spec={})


def kind(*, namespaced: bool) -> ApiKind:
    return ApiKind("apps", "v1", "Deployment", "deployments", namespaced, frozenset())


def test_paths_have_the_namespace_of_kinds_that_are_in_one() -> None:
    assert kind(namespaced=True).path("x", "y") == "/apis/apps/v1/namespaces/x/deployments/y"
    assert kind(namespaced=True).path("x") == "/apis/apps/v1/namespaces/x/deployments"
    assert kind(namespaced=True).path() == "/apis/apps/v1/deployments"
    assert kind(namespaced=False).path("x", "y") == "/apis/apps/v1/deployments/y"


def test_names_cannot_leave_their_path() -> None:
    assert kind(namespaced=False).path("", "a/../b") == "/apis/apps/v1/deployments/a%2F..%2Fb"


def test_an_object_needs_its_namespace() -> None:
    with pytest.raises(UsageError, match="Deployment y has no namespace"):
        kind(namespaced=True).path("", "y")


def test_a_version_is_asked_for_once(kube: KubernetesDouble) -> None:
    cluster = kube.connect()
    for number in range(3):
        cluster.apply(config_map(f"m{number}", "default"))

    assert [one.target for one in kube.asked].count("/api/v1") == 1


def test_what_is_not_there_is_asked_for_each_time(kube: KubernetesDouble) -> None:
    cluster = kube.connect()

    assert cluster.kind(f"{GROUP}/v1", "Thing") is None
    assert cluster.kind(f"{GROUP}/v1", "Thing") is None

    assert [one.target for one in kube.asked].count(f"/apis/{GROUP}/v1") == 2


def test_subresources_are_no_kinds(kube: KubernetesDouble) -> None:
    found = kube.connect().kind("apps/v1", "Deployment")

    assert found
    assert found.plural == "deployments"


def test_the_preferred_version_is_read(kube: KubernetesDouble) -> None:
    kube.put(named("autoscaling/v1/HorizontalPodAutoscaler", "web", "default", spec={}))
    key = ObjectKey("autoscaling", "HorizontalPodAutoscaler", "default", "web")

    live = kube.connect().get(key)

    assert live
    assert live["apiVersion"] == "autoscaling/v2"


def with_two_versions(kube: KubernetesDouble) -> Cluster:
    """A cluster whose group has a kind in v1, and another one, with an object, in v1alpha1."""
    kube.put(definition(GROUP))
    cluster = kube.connect()
    body = definition(GROUP)
    body["metadata"]["name"] = f"others.{GROUP}"
    body["spec"]["names"] = {"kind": "Other", "plural": "others"}
    body["spec"]["versions"][0]["name"] = "v1alpha1"
    cluster.apply(body)
    cluster.apply(named(f"{GROUP}/v1alpha1/Other", "one", "default"))
    return cluster


def test_a_kind_that_only_another_version_has_is_read_there(kube: KubernetesDouble) -> None:
    cluster = with_two_versions(kube)

    live = cluster.get(ObjectKey(GROUP, "Other", "default", "one"))

    assert live
    assert live["apiVersion"] == f"{GROUP}/v1alpha1"


def test_all_groups_are_told_and_of_each_its_kinds(kube: KubernetesDouble) -> None:
    cluster = kube.connect()

    groups = cluster.groups()
    names = [one.name for one in cluster.kinds("")]

    assert {"apps", "batch", "apiextensions.k8s.io"} <= set(groups)
    assert {"pods", "configmaps"} <= set(names)
    assert [one.api_version for one in cluster.kinds("autoscaling")] == ["autoscaling/v2"]


def test_a_group_that_is_not_served_has_no_kinds(kube: KubernetesDouble) -> None:
    assert kube.connect().kinds(GROUP) == ()


def test_kinds_that_only_another_version_has_are_among_a_group_s(kube: KubernetesDouble) -> None:
    cluster = with_two_versions(kube)

    found = {one.name: one.version for one in cluster.kinds(GROUP)}

    assert found == {f"things.{GROUP}": "v1", f"others.{GROUP}": "v1alpha1"}


def test_the_kind_of_a_definition_applied_just_before_is_waited_for(kube: KubernetesDouble) -> None:
    cluster = kube.connect()
    cluster.apply(definition(GROUP))

    cluster.apply(THING)

    assert kube.get("Thing", "one", "default")


def test_a_path_that_lags_behind_discovery_is_waited_for(kube: KubernetesDouble) -> None:
    cluster = kube.connect()
    cluster.apply(definition(GROUP))
    kube.faults.plan(r"PATCH .*/things/one", faults.not_served(), times=2)

    cluster.apply(THING)

    assert kube.get("Thing", "one", "default")


def test_a_definition_that_is_never_served_is_told(kube: KubernetesDouble) -> None:
    cluster = kube.connect(QUICK.at_most(0.05))
    cluster.apply(definition(GROUP))
    kube.faults.plan(rf"GET /apis/{GROUP}/v1$", faults.not_served(), times=10**6)

    with pytest.raises(NotServedError, match=rf"serves no Thing in {GROUP}/v1"):
        cluster.apply(THING)


def test_a_kind_that_nobody_defined_is_not_waited_for(kube: KubernetesDouble) -> None:
    with pytest.raises(NotServedError):
        kube.connect().apply(THING)

    assert [one.target for one in kube.asked].count(f"/apis/{GROUP}/v1") == 1


def test_a_new_version_of_a_definition_is_found(kube: KubernetesDouble) -> None:
    cluster = kube.connect()
    body = definition(GROUP)
    cluster.apply(body)
    cluster.apply(THING)
    second = {**body["spec"]["versions"][0], "name": "v2", "storage": False}
    body["spec"]["versions"] = [*body["spec"]["versions"], second]
    cluster.apply(body)

    applied = cluster.apply(named(f"{GROUP}/v2/Thing", "two", "default"))

    assert applied.body["apiVersion"] == f"{GROUP}/v2"
