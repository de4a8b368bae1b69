"""Directories of nodes that the stack's volumes are."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, labels, part, parts, pod_template, text
from cube_install.deploy.node_choice import fits
from cube_install.deploy.prerequisites.node_labels import PLATFORM_LABELS, takes_pods
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    new = {
        path
        for one in stack.objects
        if one.key.kind == "PersistentVolume" and one.key.name not in there
        for path in _paths(one.body)
    }
    if new:
        paths = sorted(new)
        yield Finding(
            Severity.NOTE,
            f"{len(paths)} directories of nodes are volumes, and are looked at before anything is "
            f"applied: {', '.join(paths)}",
            f"where they are not there: give --make-directories, or run {making_command(paths)}",
        )


def storage_nodes(stack: RenderedStack, nodes: Iterable[Body]) -> tuple[str, ...]:
    """Names of nodes on which pods may be that use the directories: the stack's, or users'."""
    specs = [part(pod_template(one.body), "spec") for one in stack.objects]
    using = [spec for spec in specs if any(map(_is_stored, parts(spec, "volumes")))]
    return tuple(
        text(node, "metadata", "name")
        for node in nodes
        if takes_pods(node)
        and (
            PLATFORM_LABELS.items() & labels(node).items()
            or any(fits(spec, node) for spec in using)
        )
    )


def making_command(paths: Sequence[str]) -> str:
    """The command that makes them, for a shell on a node."""
    return f"mkdir -p {' '.join(shlex.quote(path) for path in paths)}"


def _is_stored(volume: Body) -> bool:
    is_directory = text(volume, "hostPath", "type") == "Directory"
    return is_directory or bool(part(volume, "persistentVolumeClaim"))


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
