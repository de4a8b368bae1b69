"""Versions of the API server, and of definitions that others brought into the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, field_managers, part, parts, text
from cube_install.deploy.fitting import fitted, unserved
from cube_install.harbor.finding import Finding, Severity
from cube_install.kubernetes.target import MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.deploy.sightings import Sightings
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedObject, RenderedStack

# Server-side apply is generally available from 1.22 on, and was already usable before.
_OLDEST = (1, 20)
_TRIED = ((1, 21), (1, 36))


def api_findings(version: tuple[int, int]) -> Iterator[Finding]:
    """Whether the API server is one that this was tried with."""
    told = ".".join(str(part) for part in version)
    if version < _OLDEST:
        yield Finding(
            Severity.ERROR,
            f"the API server is of version {told}, which does not know server-side apply well",
            "upgrade the cluster to 1.25 or newer",
        )
    elif not _TRIED[0] <= version <= _TRIED[1]:
        yield Finding(
            Severity.WARNING,
            f"the API server is of version {told}; tried are 1.21 to 1.36",
            "look closely at what is refused and at cube-install status",
        )


def kind_findings(stack: RenderedStack, cluster: Cluster) -> Iterator[Finding]:
    """Kinds that neither the cluster has nor the stack brings. Raises AirgapError."""
    found: dict[str, list[RenderedObject]] = {}
    for one in unserved(fitted(stack, cluster), cluster):
        found.setdefault(f"{one.key.kind} in {one.body['apiVersion']}", []).append(one)
    for kind, objects in found.items():
        yield Finding(
            Severity.ERROR,
            f"the cluster serves no {kind}, for {objects[0].key} ({objects[0].origin})",
            "see whether what brings that kind is installed, or leave the component that has it "
            "out of the stack's profiles; the cluster may be too old or too new for it",
        )


def definition_findings(stack: RenderedStack, sightings: Sightings) -> Iterator[Finding]:
    """Definitions that are there in other versions than the stack's. Raises AirgapError."""
    for one in stack.objects:
        if one.key.kind == "CustomResourceDefinition":
            there = sightings.find(one.key)
            if there is not None:
                yield from _of_definition(one.key.name, one.body, there)


def _of_definition(name: str, wanted: Body, there: Body) -> Iterator[Finding]:
    known = _versions(wanted)
    stored = {str(one) for one in part(there, "status").get("storedVersions") or ()}
    if stored - known:
        yield Finding(
            Severity.ERROR,
            f"definition {name} is there, and objects are stored in {', '.join(sorted(stored))}, "
            f"which the stack's ({', '.join(sorted(known))}) does not have",
            f"bring the stored objects into a version that both have, take the old one out of "
            f"status.storedVersions of {name}, or leave the component that has it out of the "
            "stack's profiles",
        )
        return
    lost = {text(one, "name") for one in parts(there, "spec", "versions") if one.get("served")}
    lost -= known
    managers = sorted(set(field_managers(there)) - {MANAGER, "kube-apiserver"})
    if lost and managers:
        yield Finding(
            Severity.WARNING,
            f"definition {name} of {', '.join(managers)} serves {', '.join(sorted(lost))}, which "
            "the stack's does not: whoever uses that version loses it",
            "see who uses it; or leave the component that has it out of the stack's profiles",
        )


def _versions(definition: Body) -> set[str]:
    return {text(one, "name") for one in parts(definition, "spec", "versions")}
