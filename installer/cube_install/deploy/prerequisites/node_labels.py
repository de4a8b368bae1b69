"""Labels of nodes that the stack's pods ask for, and nodes that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, labels, part, parts, pod_template, text
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cube_install.stack.rendered import RenderedStack

Labels = tuple[tuple[str, str], ...]
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


def wanted_labels(stack: RenderedStack) -> dict[Labels, tuple[str, ...]]:
    """Sets of labels that one node must have together, and the workloads that ask for each."""
    found: dict[Labels, list[str]] = {}
    for component in stack.components:
        for one in component.objects:
            selector = part(pod_template(one.body), "spec", "nodeSelector")
            if selector:
                wanted = tuple(sorted((key, str(value)) for key, value in selector.items()))
                found.setdefault(wanted, []).append(str(one.key))
    return {wanted: tuple(names) for wanted, names in found.items()}


def label_findings(stack: RenderedStack, nodes: Sequence[Body]) -> Iterator[Finding]:
    """Labels that no node has which can take pods."""
    usable = [one for one in nodes if takes_pods(one)]
    if not usable:
        what = "none of the cluster's nodes takes pods" if nodes else "the cluster has no nodes"
        yield Finding(Severity.ERROR, what, "see: kubectl get nodes")
        return
    for wanted, names in wanted_labels(stack).items():
        if not any(_has(node, wanted) for node in usable):
            yield _lacking(wanted, names)
    lacking = [
        f"{key}={value}"
        for key, value in PLATFORM_LABELS.items()
        if not any(labels(node).get(key) == value for node in usable)
    ]
    if lacking:
        yield Finding(
            Severity.WARNING,
            f"no node has the label {', '.join(lacking)}: pods that users start there will wait",
            f"give --label-nodes, or label nodes by hand: kubectl label node NODE "
            f"{' '.join(lacking)}",
        )


def lacking_labels(stack: RenderedStack, node: Body) -> dict[str, str]:
    """The labels that would let a node take all pods of the stack and of the platform's users.

    A label that the node has with another value is left as it is.
    """
    wanted = {key: value for one in wanted_labels(stack) for key, value in one} | dict(
        PLATFORM_LABELS
    )
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


def _has(node: Body, wanted: Iterable[tuple[str, str]]) -> bool:
    return all(labels(node).get(key) == value for key, value in wanted)


def _lacking(wanted: Labels, names: Sequence[str]) -> Finding:
    told = " ".join(f"{key}={value}" for key, value in wanted)
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Finding(
        Severity.ERROR,
        f"no node that takes pods has {told}, which {names[0]}{more} needs",
        f"give --label-nodes, or label a node by hand: kubectl label node NODE {told}",
    )


def architectures(nodes: Iterable[Body]) -> set[str]:
    """Those of nodes that take pods, as `amd64`."""
    return {
        text(one, "metadata", "labels", "kubernetes.io/arch")
        or text(one, "status", "nodeInfo", "architecture")
        for one in nodes
        if takes_pods(one)
    } - {""}
