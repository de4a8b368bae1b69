"""What comes before what within a component."""

from __future__ import annotations

import pytest

from cube_install.deploy.phases import Phase, in_phases, phase_of
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.stack.rendered import RenderedObject


@pytest.mark.parametrize(
    ("group", "kind", "phase"),
    [
        ("", "Namespace", Phase.NAMESPACES),
        ("apiextensions.k8s.io", "CustomResourceDefinition", Phase.DEFINITIONS),
        ("", "ConfigMap", Phase.CONFIGURATION),
        ("storage.k8s.io", "StorageClass", Phase.CONFIGURATION),
        ("scheduling.k8s.io", "PriorityClass", Phase.CONFIGURATION),
        ("rbac.authorization.k8s.io", "ClusterRole", Phase.CONFIGURATION),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding", Phase.BINDINGS),
        ("apps", "Deployment", Phase.WORKLOADS),
        ("batch", "Job", Phase.WORKLOADS),
        ("policy", "PodDisruptionBudget", Phase.WORKLOADS),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration", Phase.EXTENSIONS),
        ("apiregistration.k8s.io", "APIService", Phase.EXTENSIONS),
        ("networking.istio.io", "VirtualService", Phase.CUSTOM),
        ("scheduling.volcano.sh", "Queue", Phase.CUSTOM),
    ],
)
def test_each_kind_has_its_phase(group: str, kind: str, phase: Phase) -> None:
    assert phase_of(ObjectKey(group, kind, "", "it")) is phase


def test_objects_keep_their_order_within_a_phase() -> None:
    def made(version: str, kind: str, name: str) -> RenderedObject:
        body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}}
        return RenderedObject(body, "x.yaml:1")

    job, b, a = made("batch/v1", "Job", "j"), made("v1", "Secret", "b"), made("v1", "Secret", "a")
    assert in_phases([job, b, a]) == [(Phase.CONFIGURATION, (b, a)), (Phase.WORKLOADS, (job,))]
