"""Rights that whoever deploys lacks on the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_install.deploy.record.record import NAMESPACE
from cube_install.harbor.finding import Finding, Severity
from cube_install.kubernetes.refusals import Right

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedStack

_VERBS = ("get", "list", "create", "patch", "delete")
_JOBS = 8
_TOLD = 10
# Beside what is applied: for record, lease and secrets, and for telling why something is not up.
_OWN = (
    *(Right(verb, "configmaps", "", NAMESPACE) for verb in ("get", "create", "update")),
    *(
        Right(verb, "leases", "coordination.k8s.io", NAMESPACE)
        for verb in ("get", "create", "patch", "delete")
    ),
    *(
        Right(verb, "secrets", "", NAMESPACE)
        for verb in ("get", "list", "create", "patch", "delete")
    ),
    *(Right("list", name) for name in ("pods", "events", "nodes", "persistentvolumes")),
)


def rights_findings(cluster: Cluster, stack: RenderedStack) -> Iterator[Finding]:
    """Every right that is lacking, by the rule that would give it. Raises AirgapError."""
    if cluster.allows("*", "*", "*"):
        return
    wanted = [*_OWN, *sorted(set(_needed(cluster, stack)), key=str)]
    allowed = each(
        wanted, lambda one: cluster.allows(one.verb, one.group, one.resource, one.namespace), _JOBS
    )
    lacking = [one for one, may in zip(wanted, allowed, strict=True) if not may]
    for one in lacking[:_TOLD]:
        yield Finding(Severity.ERROR, f"this user may not {one}", one.remedy)
    if len(lacking) > _TOLD:
        yield Finding(
            Severity.ERROR,
            f"{len(lacking) - _TOLD} more rights are lacking",
            "use a kubeconfig of a cluster administrator",
        )


def _needed(cluster: Cluster, stack: RenderedStack) -> Iterator[Right]:
    """For each kind that the cluster serves already; others come with their definitions."""
    places = {(one.body["apiVersion"], one.key.kind, one.key.namespace) for one in stack.objects}
    for version, kind, namespace in places:
        known = cluster.kind(version, kind)
        if known is not None:
            place = namespace if known.is_namespaced else ""
            yield from (Right(verb, known.plural, known.group, place) for verb in _VERBS)
