"""Namespaces that are being deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, parts, text
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.deploy.sightings import Sightings
    from cube_install.stack.rendered import RenderedStack

_HOLDING = ("NamespaceContentRemaining", "NamespaceFinalizersRemaining")
_DELETION_FAILED = ("NamespaceDeletionDiscoveryFailure", "NamespaceDeletionContentFailure")


def namespace_findings(stack: RenderedStack, sightings: Sightings) -> Iterator[Finding]:
    """Those of the stack that are going; deploying waits for their end. Raises AirgapError."""
    wanted = set(stack.namespaces)
    for one in sightings.list("", "Namespace"):
        name = text(one, "metadata", "name")
        if name in wanted and text(one, "status", "phase") == "Terminating":
            why = holding(one)
            yield Finding(
                Severity.WARNING,
                f"namespace {name} is being deleted{f': {why}' if why else ''}",
                "deploying waits for its end; if it does not come, see what holds it: kubectl get "
                f"namespace {name} -o yaml",
            )


def holding(namespace: Body) -> str:
    """What keeps a namespace from going, in the API server's words; empty where nothing is told."""
    said = [
        text(one, "message")
        for one in parts(namespace, "status", "conditions")
        if one.get("status") == "True" and one.get("type") in {*_HOLDING, *_DELETION_FAILED}
    ]
    return "; ".join(said)
