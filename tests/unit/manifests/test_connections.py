"""Services lead to pods, roles to accounts, and what the API server is told of to services."""

from __future__ import annotations

from tests.support.stack_objects import (
    PodTemplate,
    StackObject,
    objects_of,
    pod_templates,
    stack_objects,
)
from tests.support.stack_provision import mappings, missing

_PODS_OF_OTHERS = {
    "kube-controller-manager": "the control plane's pods, where it runs as such",
    "kube-scheduler": "the control plane's pods, where it runs as such",
    "prometheus-k8s": "the operator makes the pods",
    "alertmanager-main": "the operator makes the pods",
}
"""Services whose pods no manifest has."""
_ROLES_OF_THE_CLUSTER = {
    "cluster-admin",
    "extension-apiserver-authentication-reader",
    "system:auth-delegator",
}
_SPACES_OF_THE_CLUSTER = {"kube-system"}


def _fits(labels: dict[str, str], selector: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


def test_selectors_of_workloads_match_their_pods() -> None:
    wrong = [
        str(pod.owner)
        for pod in pod_templates()
        if "selector" in pod.owner.spec
        and not _fits(pod.labels, pod.owner.spec["selector"]["matchLabels"])
    ]

    assert wrong == []


def test_no_two_workloads_of_a_namespace_select_the_same_pods() -> None:
    shared = [
        f"{one.owner} and {other.owner}"
        for one in pod_templates()
        for other in pod_templates()
        if one is not other
        and one.owner.namespace == other.owner.namespace
        and "selector" in one.owner.spec
        and _fits(other.labels, one.owner.spec["selector"]["matchLabels"])
    ]

    assert shared == []


def test_services_lead_to_pods_of_their_namespace() -> None:
    nowhere = [
        str(one)
        for one in objects_of("Service")
        if one.spec.get("selector")
        and one.name not in _PODS_OF_OTHERS
        and not any(
            pod.owner.namespace == one.namespace and _fits(pod.labels, one.spec["selector"])
            for pod in pod_templates()
        )
    ]

    assert nowhere == []


def test_ports_of_services_that_have_a_name_are_ports_of_their_pods() -> None:
    wrong = [
        f"{one}: {port['targetPort']}"
        for one in objects_of("Service")
        for pod in pod_templates()
        if one.spec.get("selector")
        and pod.owner.namespace == one.namespace
        and _fits(pod.labels, one.spec["selector"])
        for port in one.spec["ports"]
        if isinstance(port.get("targetPort"), str) and port["targetPort"] not in _port_names(pod)
    ]

    assert wrong == []


def _port_names(pod: PodTemplate) -> set[str]:
    return {
        port["name"]
        for container in pod.containers
        for port in container.get("ports", ())
        if "name" in port
    }


def test_roles_that_are_given_are_there() -> None:
    wanted = [
        (one, (kind, one.namespace if kind == "Role" else "", role["name"]))
        for one in objects_of("ClusterRoleBinding", "RoleBinding")
        for role in (one.body["roleRef"],)
        for kind in (role["kind"],)
        if role["name"] not in _ROLES_OF_THE_CLUSTER
    ]

    assert missing(wanted) == []


def test_accounts_that_are_given_roles_are_there() -> None:
    wanted = [
        (one, ("ServiceAccount", subject["namespace"], subject["name"]))
        for one in objects_of("ClusterRoleBinding", "RoleBinding")
        for subject in one.body["subjects"]
        if subject["kind"] == "ServiceAccount"
    ]

    assert missing(wanted) == []


def test_namespaces_are_made_by_the_stack_before_anything_is_put_there() -> None:
    wanted = [
        (one, ("Namespace", "", one.namespace))
        for one in stack_objects()
        if one.namespace and one.namespace not in _SPACES_OF_THE_CLUSTER
    ]
    wanted += [
        (one, ("Namespace", "", space))
        for one in objects_of("RoleBinding", "Service")
        for space in (one.namespace,)
        if space not in _SPACES_OF_THE_CLUSTER
    ]

    assert missing(wanted) == []


def test_webhooks_and_extended_apis_lead_to_services_of_their_component() -> None:
    wanted = [
        (one, ("Service", service["namespace"], service["name"]))
        for one in objects_of(
            "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"
        )
        for each in mappings(one.body)
        if isinstance(service := each.get("service"), dict)
    ]

    assert missing(wanted) == []


def test_what_is_scaled_by_itself_is_there() -> None:
    wanted = [
        (one, (target["kind"], one.namespace, target["name"]))
        for one in objects_of("HorizontalPodAutoscaler")
        for target in (one.spec["scaleTargetRef"],)
    ]

    assert missing(wanted) == []


def test_what_the_gateway_leads_to_are_services_of_the_stack() -> None:
    services = {
        f"{one.name}.{one.namespace}.svc.cluster.local": one for one in objects_of("Service")
    }
    wrong = [
        f"{one}: {target['host']}:{target['port']['number']}"
        for one in objects_of("VirtualService")
        for each in mappings(one.spec)
        if isinstance(target := each.get("destination"), dict)
        and target["port"]["number"] not in _ports(services.get(target["host"]))
    ]

    assert wrong == []


def _ports(service: StackObject | None) -> set[int]:
    return {port["port"] for port in service.spec["ports"]} if service else set()
