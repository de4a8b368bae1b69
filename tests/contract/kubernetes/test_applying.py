"""Server-side apply: what changes, what stays, and whose fields are whose."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cube_install.kubernetes.api import Call
from cube_install.kubernetes.applied import Change
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.kubernetes.objects import (
    IMAGE,
    changed,
    claim,
    config_map,
    daemon_set,
    definition,
    deployment,
    job,
    named,
    pod_template,
    stateful_set,
    volume,
)

if TYPE_CHECKING:
    from tests.contract.kubernetes.conftest import Site
    from tests.support.kubernetes.json_types import Body

KUBECTL = "kubectl-client-side-apply"
MAIN = {"name": "main", "image": IMAGE}
CONTAINERS = "spec.template.spec.containers"
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
SECRET_KEY = {"name": "credentials", "key": "password"}


def send_as(site: Site, manager: str, body: Body) -> None:
    """Create an object as another client does that sends it whole."""
    kind = site.cluster.kind(body["apiVersion"], body["kind"])
    assert kind
    path = kind.path(body["metadata"].get("namespace", ""))
    raw = json.dumps(body).encode()
    site.cluster.api.ask(Call("POST", path, "create it", {"fieldManager": manager}, raw))


def apply_as(site: Site, manager: str, body: Body) -> None:
    """Apply an object as another manager does that uses server-side apply."""
    kind = site.cluster.kind(body["apiVersion"], body["kind"])
    assert kind
    path = kind.path(body["metadata"]["namespace"], body["metadata"]["name"])
    query = {"fieldManager": manager, "force": "true"}
    apply_patch = "application/apply-patch+yaml"
    site.cluster.api.ask(
        Call("PATCH", path, "apply", query, json.dumps(body).encode(), apply_patch)
    )


def applied_by_kubectl(body: Body) -> Body:
    """The body that kubectl apply sends."""
    notes = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(body)}
    notes |= body["metadata"].get("annotations") or {}
    return changed(body, "metadata", {**body["metadata"], "annotations": notes})


def stack_objects(site: Site) -> list[Body]:
    """One object of many kinds."""
    here, name = site.namespace, site.unique
    port = [{"name": "http", "port": 80, "targetPort": 8080}]
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    account = {"kind": "ServiceAccount", "name": "worker", "namespace": here}
    rbac = "rbac.authorization.k8s.io/v1"
    return [
        named("v1/ServiceAccount", "worker", here, imagePullSecrets=[{"name": "hubsecret"}]),
        named("v1/Secret", "login", here, stringData={"user": "root"}, type="Opaque"),
        config_map("settings", here, a="1", b="2"),
        named(f"{rbac}/Role", "reader", here, rules=[rule]),
        named(f"{rbac}/RoleBinding", "reader", here, roleRef=role, subjects=[account]),
        site.keep(volume(name, here, "data")),
        claim("data", here),
        named("v1/Service", "web", here, spec={"selector": {"app": "program"}, "ports": port}),
        deployment("web", here),
        stateful_set("database", here),
        daemon_set("agent", here),
        job("setup", here),
        site.keep(named("scheduling.k8s.io/v1/PriorityClass", name, value=10)),
        site.keep(definition(f"{name}.example.com")),
        named(f"{name}.example.com/v1/Thing", "one", here, spec={"list": [{"a": 1}], "b": True}),
    ]


def test_objects_are_created_and_the_second_time_nothing_changes(site: Site) -> None:
    bodies = stack_objects(site)

    first = [site.cluster.apply(body) for body in bodies]
    versions = [one.body["metadata"]["resourceVersion"] for one in map(site.cluster.apply, bodies)]
    third = [site.cluster.apply(body) for body in bodies]

    assert {one.change for one in first} == {Change.CREATED}
    assert {one.change for one in third} == {Change.UNCHANGED}
    settled = {"ServiceAccount", "Secret", "ConfigMap", "Role", "RoleBinding", "Service", "Thing"}
    for body, version, one in zip(bodies, versions, third, strict=True):
        if body["kind"] in settled:  # no controller writes into these
            assert one.body["metadata"]["resourceVersion"] == version


def test_another_value_is_a_change(site: Site) -> None:
    body = deployment("web", site.namespace, replicas=0)
    site.cluster.apply(body)

    applied = site.cluster.apply(changed(body, "spec.replicas", 1))

    assert applied.change is Change.CHANGED
    assert applied.body["spec"]["replicas"] == 1


def test_a_key_that_is_not_applied_any_more_goes(site: Site) -> None:
    site.cluster.apply(config_map("settings", site.namespace, a="1", b="2"))

    applied = site.cluster.apply(config_map("settings", site.namespace, a="1"))

    assert applied.change is Change.CHANGED
    assert applied.body["data"] == {"a": "1"}


def test_a_container_that_is_not_applied_any_more_goes(site: Site) -> None:
    body = deployment("web", site.namespace, replicas=0)
    second = {"name": "side", "image": "registry.invalid/side:1"}
    containers = [*body["spec"]["template"]["spec"]["containers"], second]
    site.cluster.apply(changed(body, "spec.template.spec.containers", containers))

    applied = site.cluster.apply(body)

    found = applied.body["spec"]["template"]["spec"]["containers"]
    assert [one["name"] for one in found] == ["main"]


def test_what_another_manager_added_stays(site: Site) -> None:
    body = config_map("settings", site.namespace, a="1")
    site.cluster.apply(body)
    apply_as(site, "other", config_map("settings", site.namespace, theirs="2"))

    applied = site.cluster.apply(body)

    assert applied.change is Change.UNCHANGED
    assert applied.body["data"] == {"a": "1", "theirs": "2"}


def test_a_key_that_another_manager_owns_too_stays_when_it_is_dropped(site: Site) -> None:
    site.cluster.apply(config_map("settings", site.namespace, a="1", b="2"))
    apply_as(site, "other", config_map("settings", site.namespace, b="2"))

    applied = site.cluster.apply(config_map("settings", site.namespace, a="1"))

    assert applied.body["data"] == {"a": "1", "b": "2"}


def test_another_managers_value_is_overruled(site: Site) -> None:
    apply_as(site, "other", config_map("settings", site.namespace, a="theirs"))

    applied = site.cluster.apply(config_map("settings", site.namespace, a="ours"))

    assert applied.body["data"] == {"a": "ours"}


def test_conflicts_name_the_manager_and_the_field_and_change_nothing(site: Site) -> None:
    body = deployment("web", site.namespace, replicas=0)
    apply_as(site, "helm", body)
    ours = changed(body, "spec.template", pod_template("registry.invalid/program:2"))

    conflicts = site.cluster.conflicts(ours)

    field = 'spec.template.spec.containers[name="main"].image'
    assert [(one.manager, one.field) for one in conflicts] == [("helm", field)]
    live = site.cluster.get(ObjectKey.of(body))
    assert live
    assert live["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1")


def test_without_other_managers_there_are_no_conflicts(site: Site) -> None:
    body = config_map("settings", site.namespace, a="1")
    site.cluster.apply(body)

    assert site.cluster.conflicts(changed(body, "data.a", "2")) == ()


def test_a_key_that_only_kubectl_had_goes_after_adoption(site: Site) -> None:
    theirs = config_map("settings", site.namespace, a="1", b="2")
    send_as(site, KUBECTL, applied_by_kubectl(theirs))

    applied = site.cluster.apply(config_map("settings", site.namespace, a="1"))

    assert applied.body["data"] == {"a": "1"}
    assert not applied.body["metadata"].get("annotations")


def test_a_key_goes_that_both_had_since_adoption(site: Site) -> None:
    theirs = config_map("settings", site.namespace, a="1", b="2")
    send_as(site, KUBECTL, applied_by_kubectl(theirs))
    site.cluster.apply(theirs)

    applied = site.cluster.apply(config_map("settings", site.namespace, a="1"))

    assert applied.body["data"] == {"a": "1"}


def test_an_environment_variable_that_kubectl_applied_goes_after_adoption(site: Site) -> None:
    body = deployment("web", site.namespace, replicas=0)
    variables = [{"name": "KEEP", "value": "1"}, {"name": "DROP", "value": "2"}]
    main = "spec.template.spec.containers.0.env"
    send_as(site, KUBECTL, applied_by_kubectl(changed(body, main, variables)))

    applied = site.cluster.apply(changed(body, main, variables[:1]))

    assert applied.body["spec"]["template"]["spec"]["containers"][0]["env"] == variables[:1]


def test_adoption_leaves_one_entry_of_ours_and_none_of_kubectl(site: Site) -> None:
    theirs = config_map("settings", site.namespace, a="1", b="2")
    send_as(site, KUBECTL, applied_by_kubectl(theirs))

    applied = site.cluster.apply(theirs)

    entries = applied.body["metadata"]["managedFields"]
    assert [(one["manager"], one["operation"]) for one in entries] == [("cube-airgap", "Apply")]


def test_kubectl_under_another_name_is_adopted_too(site: Site) -> None:
    theirs = config_map("settings", site.namespace, a="1", b="2")
    send_as(site, "start-script", applied_by_kubectl(theirs))

    applied = site.cluster.apply(config_map("settings", site.namespace, a="1"))

    assert applied.body["data"] == {"a": "1"}


def test_what_others_made_without_kubectl_is_not_adopted(site: Site) -> None:
    send_as(site, "somebody", config_map("settings", site.namespace, a="1", b="2"))

    applied = site.cluster.apply(config_map("settings", site.namespace, a="1"))

    assert applied.body["data"] == {"a": "1", "b": "2"}


def test_a_dry_run_shows_the_object_and_makes_none(site: Site) -> None:
    body = config_map("settings", site.namespace, a="1")

    applied = site.cluster.dry_apply(body)

    assert applied.change is Change.CREATED
    assert applied.body["data"] == {"a": "1"}
    assert site.cluster.get(ObjectKey.of(body)) is None


def test_a_dry_run_tells_a_change_and_makes_none(site: Site) -> None:
    body = config_map("settings", site.namespace, a="1")
    site.cluster.apply(body)

    applied = site.cluster.dry_apply(changed(body, "data.a", "2"))

    assert applied.change is Change.CHANGED
    live = site.cluster.get(ObjectKey.of(body))
    assert live
    assert live["data"] == {"a": "1"}


def test_a_dry_run_tells_that_nothing_changes(site: Site) -> None:
    body = config_map("settings", site.namespace, a="1")
    site.cluster.apply(body)

    assert site.cluster.dry_apply(body).change is Change.UNCHANGED


def with_env(body: Body, *variables: Body) -> Body:
    return changed(body, CONTAINERS, [{**MAIN, "env": [*variables]}])


def with_volumes(body: Body, *names: str) -> Body:
    """A volume of each name, mounted, and an annotation for it."""
    mounts = [{"name": name, "mountPath": f"/{name}"} for name in names]
    body = changed(body, CONTAINERS, [{**MAIN, "volumeMounts": [*mounts]}])
    volumes = [{"name": name, "emptyDir": {}} for name in names]
    body = changed(body, "spec.template.spec.volumes", [*volumes])
    return changed(body, "metadata.annotations", {f"example.org/{name}": "" for name in names})


def adopted_bodies(site: Site) -> dict[str, tuple[Body, Body]]:
    """What kubectl made, and what is applied to it."""
    web = deployment("web", site.namespace)
    literal, password = {"name": "PASSWORD", "value": "x"}, {"secretKeyRef": SECRET_KEY}
    ports = [{"port": 80, "name": "web"}, {"port": 81, "name": "old"}]
    service = named("v1/Service", "web", site.namespace, spec={"ports": ports})
    return {
        "a key that goes": (
            config_map("settings", site.namespace, a="1", b="2"),
            config_map("settings", site.namespace, a="3"),
        ),
        "all keys go": (
            config_map("settings", site.namespace, a="1"),
            named("v1/ConfigMap", "settings", site.namespace),
        ),
        "a value that a secret has now": (
            with_env(web, literal, {"name": "B", "value": "b"}),
            with_env(web, {"name": "PASSWORD", "valueFrom": password}),
        ),
        "a container that goes": (
            changed(web, CONTAINERS, [MAIN, {**MAIN, "name": "helper"}]),
            changed(web, CONTAINERS, [{**MAIN, "image": "registry.invalid/new:2"}]),
        ),
        "a port that goes": (
            service,
            changed(service, "spec.ports", [ports[0], {"port": 82, "name": "new"}]),
        ),
        "a volume that goes": (
            with_volumes(web, "kept", "gone"),
            with_volumes(web, "kept"),
        ),
        "rules": (
            named("rbac.authorization.k8s.io/v1/Role", "web", site.namespace, rules=[PODS, PODS]),
            named("rbac.authorization.k8s.io/v1/Role", "web", site.namespace, rules=[PODS]),
        ),
        "labels and a selector of nodes": (
            changed(web, "metadata.labels", {"a": "1", "b": "2"}),
            changed(web, "spec.template.spec.nodeSelector", {"c": "3"}),
        ),
    }


ADOPTIONS = (
    "a key that goes",
    "all keys go",
    "a value that a secret has now",
    "a container that goes",
    "a port that goes",
    "a volume that goes",
    "rules",
    "labels and a selector of nodes",
)


@pytest.mark.parametrize("case", ADOPTIONS)
def test_a_dry_run_tells_what_becomes_of_what_kubectl_made(site: Site, case: str) -> None:
    theirs, ours = adopted_bodies(site)[case]
    send_as(site, KUBECTL, applied_by_kubectl(theirs))
    key = ObjectKey.of(ours)
    before = site.cluster.get(key)

    would = site.cluster.dry_apply(ours)

    after = site.cluster.get(key)
    assert before
    assert after
    assert content(before) == content(after)
    assert KUBECTL in {entry["manager"] for entry in after["metadata"]["managedFields"]}
    assert would.change is Change.CHANGED
    assert content(would.body) == content(site.cluster.apply(ours).body)


def test_a_dry_run_leaves_others_what_they_own_of_what_kubectl_made(site: Site) -> None:
    theirs = config_map("settings", site.namespace, shared="1", gone="2")
    send_as(site, KUBECTL, applied_by_kubectl(theirs))
    apply_as(site, "operator", config_map("settings", site.namespace, shared="1", own="3"))
    ours = config_map("settings", site.namespace, new="4")

    would = site.cluster.dry_apply(ours)

    assert would.body["data"] == {"shared": "1", "own": "3", "new": "4"}
    assert would.body["data"] == site.cluster.apply(ours).body["data"]


def content(body: Body) -> Body:
    """An object without what is counted and observed."""
    notes = {**(body["metadata"].get("annotations") or {})}
    notes.pop("deployment.kubernetes.io/revision", None)
    metadata = {"labels": body["metadata"].get("labels") or {}, "annotations": notes}
    return {**body, "metadata": metadata, "status": None}


def test_many_threads_apply_side_by_side(site: Site) -> None:
    bodies = [config_map(f"settings-{number}", site.namespace, a="1") for number in range(24)]

    with ThreadPoolExecutor(8) as threads:
        applied = list(threads.map(site.cluster.apply, bodies))

    assert {one.change for one in applied} == {Change.CREATED}
    assert len(site.cluster.list("", "ConfigMap", namespace=site.namespace)) >= 24


@pytest.mark.parametrize("namespaced", [True, False])
def test_an_object_of_a_kind_that_was_defined_just_before_is_applied(
    site: Site, namespaced: bool
) -> None:
    group = f"{site.unique}.example.com"
    namespace = site.namespace if namespaced else ""
    defined = site.cluster.apply(site.keep(definition(group, namespaced=namespaced)))

    applied = site.cluster.apply(named(f"{group}/v1/Thing", "one", namespace, spec={"a": 1}))

    assert not defined.body["status"]["conditions"]
    assert applied.change is Change.CREATED


def test_what_the_server_warns_of_is_told(site: Site) -> None:
    strict = {"pod-security.kubernetes.io/warn": "restricted"}
    home = named("v1/Namespace", site.namespace)
    site.cluster.apply(changed(home, "metadata.labels", strict))

    applied = site.cluster.apply(deployment("web", site.namespace, replicas=0))

    if site.cluster.version >= (1, 23):  # older ones do not know the label
        assert any("PodSecurity" in one for one in applied.warnings)
