"""What the pods of the stack ask for is there when they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.stack_objects import (
    PodTemplate,
    StackObject,
    objects_of,
    pod_templates,
    product_stack,
)
from tests.support.stack_provision import Named, mappings, missing

if TYPE_CHECKING:
    from collections.abc import Iterator


def _asked_for(pod: PodTemplate) -> Iterator[Named]:
    """ConfigMaps, Secrets, claims and accounts that the pods cannot start without."""
    space = pod.owner.namespace
    for one in mappings(pod.spec):
        for field, kind in (
            ("configMap", "ConfigMap"), ("configMapKeyRef", "ConfigMap"),
            ("configMapRef", "ConfigMap"), ("secret", "Secret"), ("secretKeyRef", "Secret"),
            ("secretRef", "Secret"),
        ):  # fmt: skip
            source = one.get(field)
            if isinstance(source, dict) and not source.get("optional"):
                yield kind, space, source.get("name") or source["secretName"]
        claim = one.get("persistentVolumeClaim")
        if isinstance(claim, dict):
            yield "PersistentVolumeClaim", space, claim["claimName"]
    for secret in pod.spec.get("imagePullSecrets", ()):
        yield "Secret", space, secret["name"]
    yield "ServiceAccount", space, pod.spec.get("serviceAccountName", "default")


def test_what_pods_ask_for_comes_up_with_them_or_before() -> None:
    wanted = [(pod.owner, named) for pod in pod_templates() for named in _asked_for(pod)]

    assert [text for text in missing(wanted) if "/default" not in text] == []


def test_keys_that_pods_ask_for_are_in_the_secrets_of_the_stack() -> None:
    keys = {
        (space, secret.name): set(secret.keys)
        for secret in product_stack().secrets
        for space in secret.namespaces
    }
    missing = [
        f"{pod.owner}: {source['name']}.{source['key']}"
        for pod in pod_templates()
        for one in mappings(pod.spec)
        if (source := one.get("secretKeyRef"))
        and (pod.owner.namespace, source["name"]) in keys
        and source["key"] not in keys[pod.owner.namespace, source["name"]]
    ]

    assert missing == []


def test_volumes_that_are_mounted_are_there() -> None:
    missing = [
        f"{pod.owner}: {mount['name']}"
        for pod in pod_templates()
        for container in pod.containers
        for mount in container.get("volumeMounts", ())
        if mount["name"] not in _volumes(pod)
    ]

    assert missing == []


def _volumes(pod: PodTemplate) -> set[str]:
    claims = pod.owner.spec.get("volumeClaimTemplates", ())
    return {one["name"] for one in pod.spec.get("volumes", ())} | {
        one["metadata"]["name"] for one in claims
    }


def test_volumes_that_nobody_mounts_are_left_out() -> None:
    idle = [
        f"{pod.owner}: {one['name']}"
        for pod in pod_templates()
        for one in pod.spec.get("volumes", ())
        if one["name"]
        not in {mount["name"] for each in pod.containers for mount in each.get("volumeMounts", ())}
    ]

    assert idle == []


def test_probes_ask_at_ports_that_the_container_names() -> None:
    wrong = [
        f"{pod.owner}: {container['name']} {kind}"
        for pod in pod_templates()
        for container in pod.containers
        for kind in ("readinessProbe", "livenessProbe", "startupProbe")
        for one in mappings(container.get(kind, {}))
        if isinstance(one.get("port"), str)
        and one["port"] not in {port.get("name") for port in container.get("ports", ())}
    ]

    assert wrong == []


def test_claims_and_the_volumes_that_they_name_fit_each_other() -> None:
    volumes = {one.name: one for one in objects_of("PersistentVolume")}
    wrong = [
        str(claim)
        for claim in objects_of("PersistentVolumeClaim")
        if "volumeName" in claim.spec and not _holds(volumes.get(claim.spec["volumeName"]), claim)
    ]

    assert wrong == []


def _holds(volume: StackObject | None, claim: StackObject) -> bool:
    if volume is None:
        return False
    wanted = claim.spec["resources"]["requests"]["storage"]
    return (
        volume.spec["storageClassName"] == claim.spec["storageClassName"] == ""
        and volume.spec["capacity"]["storage"] == wanted
        and set(claim.spec["accessModes"]) <= set(volume.spec["accessModes"])
        and volume.spec["persistentVolumeReclaimPolicy"] == "Retain"
    )


def test_no_two_claims_name_the_same_volume() -> None:
    named = [one.spec["volumeName"] for one in objects_of("PersistentVolumeClaim")]

    assert sorted(named) == sorted(set(named))


def test_priority_classes_are_those_of_the_cluster_or_the_stack() -> None:
    wanted = [
        (pod.owner, ("PriorityClass", "", name))
        for pod in pod_templates()
        if (name := pod.spec.get("priorityClassName"))
        and name not in ("system-cluster-critical", "system-node-critical")
    ]

    assert missing(wanted) == []


def test_claims_that_choose_by_label_find_one_volume() -> None:
    wrong = [
        str(one)
        for one in objects_of("Prometheus", "StatefulSet")
        for each in mappings(one.spec)
        if "accessModes" in each and "selector" in each
        if len(_chosen(each["selector"]["matchLabels"])) != 1
    ]

    assert wrong == []


def _chosen(labels: dict[str, str]) -> list[StackObject]:
    return [
        one
        for one in objects_of("PersistentVolume")
        if labels.items() <= one.body["metadata"].get("labels", {}).items()
    ]


def test_every_volume_is_kept_for_the_one_claim_that_is_to_have_it() -> None:
    """Any claim that fits binds a free volume; on a shared cluster it may be somebody else's."""
    claimed = {
        one.name: (one.spec["claimRef"]["namespace"], one.spec["claimRef"]["name"])
        for one in objects_of("PersistentVolume")
        if "claimRef" in one.spec
    }
    named = {
        one.spec["volumeName"]: (one.namespace, one.name)
        for one in objects_of("PersistentVolumeClaim")
        if "volumeName" in one.spec
    }

    assert {one.name for one in objects_of("PersistentVolume")} == set(claimed)
    assert {name: claimed.get(name) for name in named} == named


def test_volumes_of_stateful_sets_are_kept_for_the_claims_that_these_make() -> None:
    made = {("monitoring", "prometheus-k8s-db-prometheus-k8s-0")}  # as the operator names it
    for one in objects_of("StatefulSet"):
        for template in one.spec.get("volumeClaimTemplates", ()):
            for number in range(one.spec["replicas"]):
                made.add((one.namespace, f"{template['metadata']['name']}-{one.name}-{number}"))
    named = {(one.namespace, one.name) for one in objects_of("PersistentVolumeClaim")}
    claimed = {
        (one.spec["claimRef"]["namespace"], one.spec["claimRef"]["name"])
        for one in objects_of("PersistentVolume")
    }

    assert claimed - named == made
