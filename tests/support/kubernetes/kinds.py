"""The kinds that the double serves from the start, and those that definitions add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_ALL = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Resource:
    """A kind with its path; `versions` has the preferred one first."""

    group: str
    versions: tuple[str, ...]
    kind: str
    plural: str
    is_namespaced: bool
    verbs: tuple[str, ...] = _ALL
    subresources: tuple[str, ...] = ()
    is_custom: bool = False

    @property
    def full_name(self) -> str:
        """PLURAL.GROUP, as messages have it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def full_kind(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def api_version(self, version: str) -> str:
        return f"{self.group}/{version}" if self.group else version


def _kinds(group: str, versions: str, namespaced: str, cluster: str = "") -> list[Resource]:
    """Read `Kind` or `Kind=plural` from two lists."""
    found = []
    for names, is_namespaced in ((namespaced, True), (cluster, False)):
        for one in names.split():
            kind, _, plural = one.partition("=")
            plural = plural or f"{kind.lower()}s"
            subresources = _SUBRESOURCES.get(kind, ())
            found.append(
                Resource(
                    group,
                    tuple(versions.split()),
                    kind,
                    plural,
                    is_namespaced,
                    _VERBS.get(kind, _ALL),
                    subresources,
                )
            )
    return found


_STATUS = ("status",)
_SUBRESOURCES = {
    "Namespace": ("status", "finalize"),
    "Pod": ("status", "log"),
    **dict.fromkeys(
        (
            "Node",
            "Service",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Deployment",
            "StatefulSet",
            "DaemonSet",
            "ReplicaSet",
            "Job",
            "CronJob",
            "CustomResourceDefinition",
            "APIService",
            "HorizontalPodAutoscaler",
            "PodDisruptionBudget",
        ),
        _STATUS,
    ),
}
_VERBS = dict.fromkeys(("SelfSubjectAccessReview", "SelfSubjectReview"), ("create",))

BUILT_IN = (
    *_kinds(
        "",
        "v1",
        "ConfigMap Endpoints=endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate "
        "ReplicationController ResourceQuota Secret Service ServiceAccount",
        "Namespace Node PersistentVolume",
    ),
    *_kinds("apps", "v1", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    *_kinds("batch", "v1", "CronJob Job"),
    *_kinds("autoscaling", "v2 v1", "HorizontalPodAutoscaler"),
    *_kinds("policy", "v1", "PodDisruptionBudget"),
    *_kinds(
        "networking.k8s.io",
        "v1",
        "Ingress=ingresses NetworkPolicy=networkpolicies",
        "IngressClass=ingressclasses",
    ),
    *_kinds(
        "rbac.authorization.k8s.io", "v1", "Role RoleBinding", "ClusterRole ClusterRoleBinding"
    ),
    *_kinds(
        "storage.k8s.io",
        "v1",
        "CSIStorageCapacity=csistoragecapacities",
        "CSIDriver CSINode StorageClass=storageclasses VolumeAttachment",
    ),
    *_kinds("scheduling.k8s.io", "v1", "", "PriorityClass=priorityclasses"),
    *_kinds("coordination.k8s.io", "v1", "Lease"),
    *_kinds("discovery.k8s.io", "v1", "EndpointSlice"),
    *_kinds("events.k8s.io", "v1", "Event"),
    *_kinds(
        "admissionregistration.k8s.io",
        "v1",
        "",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration "
        "ValidatingAdmissionPolicy=validatingadmissionpolicies ValidatingAdmissionPolicyBinding",
    ),
    *_kinds("apiextensions.k8s.io", "v1", "", "CustomResourceDefinition"),
    *_kinds("apiregistration.k8s.io", "v1", "", "APIService"),
    *_kinds("authorization.k8s.io", "v1", "", "SelfSubjectAccessReview"),
)
# API servers have them without being asked to from 1.36 on.
MUTATING_POLICIES = tuple(
    _kinds(
        "admissionregistration.k8s.io",
        "v1 v1beta1",
        "",
        "MutatingAdmissionPolicy=mutatingadmissionpolicies MutatingAdmissionPolicyBinding",
    )
)


def defined_by(definition: dict[str, Any]) -> Resource:
    """The kind that a CustomResourceDefinition adds."""
    spec = definition["spec"]
    served = [one for one in spec["versions"] if one["served"]]
    has_status = any("status" in (one.get("subresources") or {}) for one in served)
    return Resource(
        spec["group"],
        tuple(one["name"] for one in sorted(served, key=lambda one: not one["storage"])),
        spec["names"]["kind"],
        spec["names"]["plural"],
        spec["scope"] == "Namespaced",
        subresources=_STATUS if has_status else (),
        is_custom=True,
    )
