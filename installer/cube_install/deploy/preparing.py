"""Making what a stack wants of the nodes: their labels, and directories on them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import AirgapError, ClusterError
from cube_install.deploy.body import Body, text
from cube_install.deploy.deadline import Deadline
from cube_install.deploy.ownership import OUR_LABELS
from cube_install.deploy.prerequisites.directories import making_command, wanted_directories
from cube_install.deploy.prerequisites.node_labels import lacking_labels, takes_pods
from cube_install.deploy.record.record import NAMESPACE
from cube_install.deploy.stack_images import images_of
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_install.deploy.waiting import Waiting
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedStack

_JOBS = 8
_SECONDS = 300
_ROOT = "/host"
_NAME = "make-directories"


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


def make_directories(
    cluster: Cluster, stack: RenderedStack, pull_secret: Body, waiting: Waiting
) -> tuple[str, ...]:
    """Make the stack's directories on every node by a short Job there; the nodes' names.

    The Job runs as root with the node's file system, and is deleted afterwards. Raises AirgapError.
    """
    paths = wanted_directories(stack)
    image = _image_with_shell(stack)
    nodes = [text(one, "metadata", "name") for one in cluster.list("", "Node") if takes_pods(one)]
    if not paths or not nodes:
        return ()
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": NAMESPACE, "labels": OUR_LABELS},
        }
    )
    cluster.apply(pull_secret)
    secret = text(pull_secret, "metadata", "name")
    jobs = [_job(at, node, image, secret, paths) for at, node in enumerate(nodes)]
    keys = [ObjectKey.of(one) for one in jobs]
    try:
        each(keys, lambda key: cluster.delete(key, propagation="Foreground"), _JOBS)
        each(jobs, cluster.apply, _JOBS)
        waiting.until_up("directories of nodes", keys, Deadline(_SECONDS))
    finally:
        with suppress(AirgapError):
            each(keys, cluster.delete, _JOBS)
    return tuple(nodes)


def _image_with_shell(stack: RenderedStack) -> str:
    """An image of the stack that has `sh` and `mkdir`: the smallest that it has anyway."""
    images = images_of(stack)
    for name in ("busybox", "alpine", "mysql", "redis", "nginx"):
        found = [one for one in images if name in one.rpartition("/")[2]]
        if found:
            return found[0]
    raise ClusterError(
        "no image of the stack can make directories",
        remedy=f"make them by hand on every node: {making_command(wanted_directories(stack))}",
    )


def _job(number: int, node: str, image: str, secret: str, paths: Sequence[str]) -> Body:
    command = making_command([f"{_ROOT}{path}" for path in paths])
    container = {
        "name": "mkdir",
        "image": image,
        "command": ["sh", "-c", command],
        "securityContext": {"runAsUser": 0, "privileged": True},
        "volumeMounts": [{"name": "root", "mountPath": _ROOT}],
    }
    pod = {
        "restartPolicy": "Never",
        "nodeName": node,
        "automountServiceAccountToken": False,
        "imagePullSecrets": [{"name": secret}],
        "containers": [container],
        "volumes": [{"name": "root", "hostPath": {"path": "/"}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{_NAME}-{number}", "namespace": NAMESPACE, "labels": OUR_LABELS},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }
