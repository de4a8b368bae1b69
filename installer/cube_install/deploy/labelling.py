"""Giving nodes the labels that a stack asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import text
from cube_install.deploy.prerequisites.node_labels import lacking_labels, takes_pods
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedStack


def label_nodes(cluster: Cluster, stack: RenderedStack) -> dict[str, dict[str, str]]:
    """Give every node that takes pods the labels that it lacks; what was given, by node.

    Raises AirgapError.
    """
    given = {}
    for node in cluster.list("", "Node"):
        wanted = lacking_labels(stack, node) if takes_pods(node) else {}
        if wanted:
            key = ObjectKey("", "Node", "", text(node, "metadata", "name"))
            cluster.patch(key, {"metadata": {"labels": wanted}})
            given[key.name] = wanted
    return given
