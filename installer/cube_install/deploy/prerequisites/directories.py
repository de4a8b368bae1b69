"""Directories of nodes that the stack's volumes are."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, parts, pod_template, text
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cube_install.deploy.sightings import Sightings
    from cube_install.stack.rendered import RenderedStack

# The container runtime or the kubelet makes these, or refuses what is not there in its own way.
_MADE = {"DirectoryOrCreate", "File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice"}


def wanted_directories(stack: RenderedStack) -> tuple[str, ...]:
    """Paths that have to be on nodes: those of the stack's volumes, sorted."""
    return tuple(sorted({path for one in stack.objects for path in _paths(one.body)}))


def directory_findings(stack: RenderedStack, sightings: Sightings) -> Iterator[Finding]:
    """A note about directories, where volumes are new to the cluster. Raises AirgapError."""
    there = {text(one, "metadata", "name") for one in sightings.list("", "PersistentVolume")}
    new = [
        path
        for one in stack.objects
        if one.key.kind == "PersistentVolume" and one.key.name not in there
        for path in _paths(one.body)
    ]
    if new:
        yield Finding(
            Severity.NOTE,
            f"{len(new)} volumes are directories of the nodes, which have to be there: "
            f"{', '.join(sorted(set(new)))}",
            f"give --make-directories, or run on every node: {making_command(sorted(set(new)))}",
        )


def making_command(paths: Sequence[str]) -> str:
    """The command that makes them, for a shell on a node."""
    return f"mkdir -p {' '.join(shlex.quote(path) for path in paths)}"


def _paths(body: Body) -> Iterator[str]:
    if body.get("kind") == "PersistentVolume":
        volumes = [body.get("spec") or {}]
    else:
        volumes = [
            one
            for one in parts(pod_template(body), "spec", "volumes")
            if text(one, "hostPath", "type") == "Directory"
        ]
    for one in volumes:
        path = text(one, "hostPath", "path") or text(one, "local", "path")
        if path and text(one, "hostPath", "type") not in _MADE:
            yield path
