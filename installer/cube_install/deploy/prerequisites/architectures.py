"""Nodes of architectures that the bundle's images are not for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, text
from cube_install.deploy.prerequisites.node_labels import takes_pods
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TOLD = 5


def architecture_findings(
    platforms: Iterable[tuple[str, frozenset[str]]], nodes: Sequence[Body]
) -> Iterator[Finding]:
    """`platforms` has the images of the stack, and for which architectures (amd64) each is."""
    there = {
        text(one, "metadata", "labels", "kubernetes.io/arch")
        or text(one, "status", "nodeInfo", "architecture")
        for one in nodes
        if takes_pods(one)
    } - {""}
    known = [(image, has) for image, has in platforms if has]
    for wanted in sorted(there):
        lacking = sorted(image for image, has in known if wanted not in has)
        if lacking:
            more = f" and {len(lacking) - _TOLD} more" if len(lacking) > _TOLD else ""
            yield Finding(
                Severity.WARNING if len(there) > 1 else Severity.ERROR,
                f"nodes are {wanted}, for which the bundle does not have "
                f"{', '.join(lacking[:_TOLD])}{more}",
                f"build the bundle with --platform linux/{wanted}; or keep pods off these nodes",
            )
