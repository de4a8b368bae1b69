"""Labels of nodes that the stack's pods ask for, and nodes that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, labels, part, parts, pod_template
from cube_install.deploy.node_choice import fits, lacking_everywhere, wanted_labels
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cube_install.stack.rendered import RenderedObject, RenderedStack

# Nodes have these by themselves.
_OWN = ("kubernetes.io/", "node.kubernetes.io/", "topology.kubernetes.io/", "beta.kubernetes.io/")
# What the platform puts its users' pods on: facts of the platform, not of any manifest.
PLATFORM_LABELS: Mapping[str, str] = {
    "train": "true",
    "cpu": "true",
    "notebook": "true",
    "service": "true",
    "org": "public",
}


def label_findings(stack: RenderedStack, nodes: Sequence[Body]) -> Iterator[Finding]:
    """Labels that no node has which can take pods."""
    usable = [one for one in nodes if takes_pods(one)]
    if not usable:
        what = "none of the cluster's nodes takes pods" if nodes else "the cluster has no nodes"
        yield Finding(Severity.ERROR, what, "see: kubectl get nodes")
        return
    homeless: dict[str, list[RenderedObject]] = {}
    for one in _workloads(stack):
        spec = part(pod_template(one.body), "spec")
        if not any(fits(spec, node) for node in usable):
            told = _told(lacking_everywhere(spec, usable))
            homeless.setdefault(told, []).append(one)
    for told, objects in homeless.items():
        yield _homeless(told, objects)
    lacking = {
        key: value
        for key, value in PLATFORM_LABELS.items()
        if not any(labels(node).get(key) == value for node in usable)
    }
    if lacking:
        yield Finding(
            Severity.WARNING,
            f"no node has the label {_told(lacking)}: pods that users start there will wait",
            f"give --label-nodes, or label nodes by hand: kubectl label node NODE {_told(lacking)}",
        )


def lacking_labels(stack: RenderedStack, node: Body) -> dict[str, str]:
    """The labels that would let a node take all pods of the stack and of the platform's users.

    A label that the node has with another value is left as it is. What DaemonSets ask for tells
    what hardware a node has, and is for a person to say.
    """
    wanted = dict(PLATFORM_LABELS)
    for one in _workloads(stack):
        if one.key.kind != "DaemonSet":
            wanted.update(wanted_labels(part(pod_template(one.body), "spec")))
    has = labels(node)
    return {
        key: value
        for key, value in sorted(wanted.items())
        if key not in has and not key.startswith(_OWN)
    }


def takes_pods(node: Body) -> bool:
    """Whether a node is ready and not kept from pods."""
    is_ready = any(
        one.get("type") == "Ready" and one.get("status") == "True"
        for one in parts(node, "status", "conditions")
    )
    blocked = any(
        one.get("effect") in {"NoSchedule", "NoExecute"} for one in parts(node, "spec", "taints")
    )
    return is_ready and not part(node, "spec").get("unschedulable") and not blocked


def _workloads(stack: RenderedStack) -> Iterator[RenderedObject]:
    return (one for one in stack.objects if pod_template(one.body))


def _homeless(told: str, objects: Sequence[RenderedObject]) -> Finding:
    names = ", ".join(str(one.key) for one in objects[:3])
    more = f" and {len(objects) - 3} more" if len(objects) > 3 else ""
    remedy = f"label a node: kubectl label node NODE {told}"
    if all(one.key.kind == "DaemonSet" for one in objects):
        what = f"no node that takes pods has {told}: {names}{more} will run nowhere"
        return Finding(Severity.WARNING, what, f"if there is such a node, {remedy}")
    what = f"no node that takes pods has {told}, for {names}{more}"
    return Finding(Severity.ERROR, what, f"give --label-nodes, or {remedy}")


def _told(wanted: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(wanted.items()))
