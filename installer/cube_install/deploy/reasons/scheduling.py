"""Pods that no node takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, condition, labels, part, parts, text
from cube_install.deploy.node_choice import fits, lacking_everywhere
from cube_install.deploy.reasons.evidence import Evidence, Reason, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAINT = re.compile(r"(?:untolerated taint|had taint) \{([^}]*)\}")
_INSUFFICIENT = re.compile(r"Insufficient ([^,\s]*[^,.\s])")
# What kube-scheduler counts of the nodes, in its words since 1.20.
_CAUSES = (
    (
        r"didn't have free ports",
        "another pod has its port on every node that would do",
        "see which pod has the port (kubectl get pods -A -o wide), or free a node",
    ),
    (
        r"volume node affinity conflict",
        "its volume belongs to another node",
        "let that node take pods again, or move the volume",
    ),
    (
        r"were unschedulable",
        "nodes are cordoned",
        "let them take pods again: kubectl uncordon NODE",
    ),
    (r"Too many pods", "the nodes are full of pods", "raise the kubelet's maxPods, or add a node"),
    (
        r"anti-affinity",
        "it must not be beside pods that every node has",
        "add a node, or move the other pods",
    ),
)
_COMPILED = tuple((re.compile(pattern), what, todo) for pattern, what, todo in _CAUSES)


def scheduling_reasons(evidence: Evidence) -> Iterator[Reason]:
    """For each pod that is on no node; pods of one workload mostly have one reason."""
    for pod in evidence.pods:
        if text(pod, "spec", "nodeName") or text(pod, "status", "phase") not in {"", "Pending"}:
            continue
        yield from _of_pod(pod, evidence)


def _of_pod(pod: Body, evidence: Evidence) -> Iterator[Reason]:
    subject = f"no node takes pod {name_of(pod)}"
    said = text(condition(pod, "PodScheduled"), "message")
    said = said or next(iter(evidence.messages("FailedScheduling")), "")
    if not evidence.nodes:
        yield Reason(f"{subject}: the cluster has no nodes", "let a node join the cluster")
        return
    if not said:
        yield _unseen(pod, subject)
        return
    found = [*_labels(pod, subject, evidence), *_taints(subject, said), *_room(pod, subject, said)]
    found += [
        Reason(f"{subject}: {what}", todo)
        for pattern, what, todo in _COMPILED
        if pattern.search(said)
    ]
    is_of_volumes = "PersistentVolumeClaim" in said or "persistentvolumeclaim" in said
    if not found and not is_of_volumes:  # claims are told of where volumes are looked at
        found = [Reason(f"{subject}: {said[:400]}", "see: kubectl describe pod")]
    yield from found


def _unseen(pod: Body, subject: str) -> Reason:
    name = text(pod, "spec", "schedulerName") or "default-scheduler"
    return Reason(
        f"{subject}: the scheduler {name} has not looked at it",
        f"see that {name} runs, and what its log says",
    )


def _labels(pod: Body, subject: str, evidence: Evidence) -> Iterator[Reason]:
    spec = part(pod, "spec")
    if any(fits(spec, node) for node in evidence.nodes):
        return
    lacking = lacking_everywhere(spec, evidence.nodes)
    wanted = lacking.pop("kubernetes.io/arch", "")
    if wanted:
        has = sorted({labels(one).get("kubernetes.io/arch", "unknown") for one in evidence.nodes})
        yield Reason(
            f"{subject}: it is for {wanted}, and the nodes are {', '.join(has)}",
            f"let a node of {wanted} join the cluster, or leave that component out",
        )
    if lacking:
        told = " ".join(f"{key}={value}" for key, value in sorted(lacking.items()))
        yield Reason(
            f"{subject}: none has the label {told}",
            f"label one: kubectl label node NODE {told} (cube-install deploy --label-nodes sets "
            "all labels that the stack asks for)",
        )


def _taints(subject: str, said: str) -> Iterator[Reason]:
    for taint in dict.fromkeys(_TAINT.findall(said)):
        key = taint.partition(":")[0].strip()
        if key.startswith("node.kubernetes.io/"):
            trouble = key.removeprefix("node.kubernetes.io/")
            yield Reason(
                f"{subject}: nodes are {trouble}",
                "see what is wrong with them: kubectl describe nodes",
            )
        else:
            yield Reason(
                f"{subject}: nodes have the taint {key}, which it does not tolerate",
                f"take it off a node that may have the stack: kubectl taint node NODE {key}-",
            )


def _room(pod: Body, subject: str, said: str) -> Iterator[Reason]:
    for resource in dict.fromkeys(_INSUFFICIENT.findall(said)):
        wanted = ", ".join(
            str(asked)
            for one in parts(pod, "spec", "containers")
            if (asked := part(one, "resources", "requests").get(resource))
        )
        amount = f" (it asks for {wanted})" if wanted else ""
        if "/" in resource:
            remedy = f"see that nodes have {resource} free, and that its device plugin runs there"
        else:
            remedy = "add a node, stop something else, or ask for less in the stack's manifests"
        yield Reason(f"{subject}: no node has enough {resource} free{amount}", remedy)
