"""Kinds of Kubernetes' own API, by whether their objects are in a namespace."""

from __future__ import annotations

BUILT_IN_GROUPS = frozenset(
    [
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "networking.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    ]
)
IN_A_NAMESPACE = frozenset(
    [
        "ConfigMap",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "Endpoints",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "LimitRange",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "ReplicaSet",
        "ResourceQuota",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    ]
)
IN_NO_NAMESPACE = frozenset(
    [
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "StorageClass",
        "ValidatingWebhookConfiguration",
    ]
)


def is_in_a_namespace(api_version: str, kind: str) -> bool | None:
    """Whether objects of that kind are; None for kinds that are not built in."""
    group, slash, _ = api_version.partition("/")
    if (group if slash else "") not in BUILT_IN_GROUPS:
        return None
    if kind in IN_A_NAMESPACE:
        return True
    return False if kind in IN_NO_NAMESPACE else None
