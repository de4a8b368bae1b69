"""The stack's directories on nodes: looked at, and made where asked, by a short pod on each."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, ClusterError
from cube_install.deploy.prerequisites.directories import (
    making_command,
    storage_nodes,
    wanted_directories,
)
from cube_install.deploy.prerequisites.seen_directories import SeenDirectory, directory_faults
from cube_install.deploy.record.record import Record
from cube_install.deploy.record.revision import State
from cube_install.deploy.secrets.pull_secret import pull_secret
from cube_install.deploy.stack_images import images_of
from cube_install.harbor.finding import Finding, Severity
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.node_pods.pods_on_nodes import NAMESPACE, NodePod, PodsOnNodes
from cube_install.nodes.cluster_nodes import PodResults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cube_airgap.registry.login import Login
    from cube_install.deploy.body import Body
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.nodes.running import Outcome
    from cube_install.stack.rendered import RenderedStack

CONTAINER = "directories"
_SECRET = "cube-airgap-directories"  # noqa: S105 - its name
_ROOT = "/host"
_JOBS = 50
_PAUSE = 0.5
# The smallest that a stack has anyway, and that have sh and df.
_IMAGES = ("busybox", "alpine", "mysql", "redis", "nginx")


class Action(StrEnum):
    """What the pods do: tell of directories, or make them first."""

    LOOK = "look"
    MAKE = "make"

    @property
    def seconds(self) -> float:
        """How long a pod may take: a look is worth less waiting than what was asked for."""
        return 60.0 if self is Action.LOOK else 120.0


def is_look_due(cluster: Cluster, stack: RenderedStack) -> bool:
    """Whether the stack did not come up as it is, or has a volume that the cluster has not.

    Raises AirgapError.
    """
    latest = Record.read(cluster).latest
    if latest is None or latest.state is not State.DONE:
        return True
    volumes = [key for key in stack.keys if key.kind == "PersistentVolume"]
    there = {ObjectKey.of(one) for one in cluster.list("", "PersistentVolume")}
    return not there.issuperset(volumes)


def see_directories(
    cluster: Cluster, stack: RenderedStack, action: Action, login: Login | None
) -> tuple[Finding, ...]:
    """What is wrong with the stack's directories on the nodes that may need them.

    `login` is for the registry that has the pods' image. A node that cannot be asked is a finding:
    an error if directories were to be made there. Raises AirgapError.
    """
    paths = wanted_directories(stack)
    nodes = storage_nodes(stack, cluster.list("", "Node"))
    if not paths or not nodes:
        return ()
    remedy = (
        "see why with kubectl describe node, and see yourself that they are there: "
        f"{making_command(paths)}"
    )
    severity = Severity.ERROR if action is Action.MAKE else Severity.WARNING
    image = _image_with_shell(stack)
    if not image:
        what = "no image of the stack has a shell to look at directories of nodes with"
        return (Finding(severity, what, remedy),)
    spec = _spec(_container(image, action, paths))
    pods = [NodePod(node, str(at), spec) for at, node in enumerate(nodes)]
    secret = pull_secret(_SECRET, NAMESPACE, stack.registry_host, login)
    try:
        outcomes = _outcomes(cluster, pods, secret, (action.seconds, remedy))
    except ClusterError as error:
        outcomes = dict.fromkeys(nodes, error)
    return tuple(dict.fromkeys(_findings(outcomes, paths, severity, remedy)))


def _outcomes(
    cluster: Cluster, pods: Sequence[NodePod], secret: Body, late: tuple[float, str]
) -> dict[str, Outcome]:
    running = PodsOnNodes(cluster, _JOBS, _PAUSE)
    results = PodResults(running, CONTAINER, *late)
    try:
        cluster.apply(secret)
        running.run(pods, results)
    finally:
        with suppress(AirgapError):
            cluster.delete(ObjectKey.of(secret))
    return results.outcomes


def _findings(
    outcomes: Mapping[str, Outcome], paths: Sequence[str], severity: Severity, remedy: str
) -> Iterator[Finding]:
    seen: dict[str, tuple[SeenDirectory, ...]] = {}
    for node, outcome in outcomes.items():
        try:
            seen[node] = _seen(node, outcome, paths, remedy)
        except AirgapError as error:
            what = f"directories could not be looked at: {error.what}"
            yield Finding(severity, what, error.remedy)
    yield from directory_faults(seen)


def _seen(
    node: str, outcome: Outcome, paths: Sequence[str], remedy: str
) -> tuple[SeenDirectory, ...]:
    """What the program said of all `paths`. Raises AirgapError."""
    if isinstance(outcome, AirgapError):
        raise outcome
    with suppress(ValueError):
        found = tuple(SeenDirectory.of(line) for line in outcome.output.splitlines())
        if {one.path for one in found} == {*paths}:
            return found
    raise ClusterError(f"{node} does not tell of them", remedy=remedy)


def _image_with_shell(stack: RenderedStack) -> str:
    images = images_of(stack)
    found = (one for name in _IMAGES for one in images if name in one.rpartition("/")[2])
    return next(found, "")


def _container(image: str, action: Action, paths: Sequence[str]) -> Body:
    program = (resources.files("cube_install.deploy") / "node_directories.sh").read_text()
    is_making = action is Action.MAKE
    looking = {
        "runAsUser": 0,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["DAC_READ_SEARCH"]},
        "seLinuxOptions": {"type": "spc_t"},  # others see nothing of a node's own files
    }
    return {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", program, CONTAINER, action, _ROOT, *paths],
        "securityContext": {"runAsUser": 0, "privileged": True} if is_making else looking,
        "volumeMounts": [{"name": "root", "mountPath": _ROOT, "readOnly": not is_making}],
    }


def _spec(container: Body) -> Body:
    return {
        "containers": [container],
        "imagePullSecrets": [{"name": _SECRET}],
        "volumes": [{"name": "root", "hostPath": {"path": "/"}}],
    }
