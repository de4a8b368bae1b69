"""Why no node takes a pod."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from cube_install.deploy.reasons.evidence import Evidence
from cube_install.deploy.reasons.scheduling import scheduling_reasons
from tests.support.cluster_bodies import Body, event, node, pod

PREFIX = "0/3 nodes are available: "


class Said(NamedTuple):
    """What is said, and parts of the reason and remedy that are read from it."""

    said: str
    what: str
    remedy: str


SAID = {
    "taint": Said(
        "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.",
        "nodes have the taint node-role.kubernetes.io/control-plane",
        "kubectl taint node NODE node-role.kubernetes.io/control-plane-",
    ),
    "taint, 1.20": Said(
        "3 node(s) had taint {dedicated: gpu}, that the pod didn't tolerate.",
        "nodes have the taint dedicated",
        "kubectl taint node NODE dedicated-",
    ),
    "node trouble": Said(
        "3 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.",
        "nodes are disk-pressure",
        "kubectl describe nodes",
    ),
    "cpu": Said(
        "3 Insufficient cpu.", "no node has enough cpu free (it asks for 500m)", "add a node"
    ),
    "gpu": Said("3 Insufficient nvidia.com/gpu.", "enough nvidia.com/gpu free", "device plugin"),
    "ports": Said(
        "3 node(s) didn't have free ports for the requested pod ports.",
        "port",
        "free a node",
    ),
    "cordoned": Said("3 node(s) were unschedulable.", "cordoned", "kubectl uncordon"),
    "full": Said("3 Too many pods.", "full of pods", "maxPods"),
    "spread": Said(
        "3 node(s) didn't match pod anti-affinity rules.",
        "must not be beside",
        "add a node",
    ),
    "other": Said("3 node(s) had a moon.", "3 node(s) had a moon", "kubectl describe pod"),
}


def unscheduled(said: str = "", **spec: object) -> Body:
    asks = {"resources": {"requests": {"cpu": "500m"}}}
    condition = {"type": "PodScheduled", "status": "False", "message": said}
    return pod(spec={"nodeName": "", "containers": [asks], **spec}, conditions=[condition])


@pytest.mark.parametrize("case", SAID)
def test_what_the_scheduler_counts(case: str) -> None:
    said, what, remedy = SAID[case]
    evidence = Evidence("infra", pods=(unscheduled(PREFIX + said),), nodes=(node(),))
    (found,) = scheduling_reasons(evidence)
    assert found.what.startswith("no node takes pod web-1")
    assert what in found.what
    assert remedy in found.remedy


def test_a_label_that_no_node_has() -> None:
    seen = unscheduled(
        PREFIX + "3 node(s) didn't match Pod's node affinity/selector.",
        nodeSelector={"mysql": "true", "cpu": "true"},
    )
    (found,) = scheduling_reasons(Evidence("infra", pods=(seen,), nodes=(node(cpu="true"),)))
    assert "none has the label mysql=true" in found.what
    assert "kubectl label node NODE mysql=true" in found.remedy


def test_an_architecture_that_no_node_has() -> None:
    seen = unscheduled(PREFIX + "…", nodeSelector={"kubernetes.io/arch": "arm64"})
    (found,) = scheduling_reasons(Evidence("infra", pods=(seen,), nodes=(node(),)))
    assert "it is for arm64, and the nodes are amd64" in found.what


def test_a_cluster_without_nodes() -> None:
    (found,) = scheduling_reasons(Evidence("infra", pods=(unscheduled(PREFIX),)))
    assert "the cluster has no nodes" in found.what


def test_a_scheduler_that_does_not_run() -> None:
    seen = unscheduled(schedulerName="volcano")
    (found,) = scheduling_reasons(Evidence("infra", pods=(seen,), nodes=(node(),)))
    assert "the scheduler volcano has not looked at it" in found.what


def test_events_tell_where_the_pod_does_not() -> None:
    said = event("FailedScheduling", PREFIX + "3 Too many pods.")
    evidence = Evidence("infra", pods=(unscheduled(),), nodes=(node(),), events=(said,))
    (found,) = scheduling_reasons(evidence)
    assert "full of pods" in found.what


def test_unbound_claims_are_left_to_those_who_look_at_volumes() -> None:
    seen = unscheduled(PREFIX + "3 pod has unbound immediate PersistentVolumeClaims.")
    assert list(scheduling_reasons(Evidence("infra", pods=(seen,), nodes=(node(),)))) == []


def test_a_pod_on_a_node_is_no_reason() -> None:
    assert list(scheduling_reasons(Evidence("infra", pods=(pod(),), nodes=(node(),)))) == []
