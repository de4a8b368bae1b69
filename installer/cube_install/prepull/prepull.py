"""Pulling images onto the nodes of a cluster, a bounded number of nodes at a time.

A node's kubelet pulls what a pod's containers name, whether these can be started or not. So a pod
names the images, and a command that is in none of them: nothing of an image ever runs.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import AirgapError, ClusterError
from cube_install.node_pods.pod_states import pull_failures, pulled, refusal
from cube_install.node_pods.pods_on_nodes import NodePod, PodsOnNodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cube_airgap.progress import Progress
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.prepull.wanted_images import Pull

    Body = dict[str, Any]

_COMMAND = ["/cube-airgap-prepull"]
_BATCH = 10


@dataclass(frozen=True)
class Patience:
    """Seconds: a node's pull that fails is tried again for `failing`, and may take `pulling`."""

    failing: float = 120.0
    pulling: float = 3600.0
    pause: float = 2.0


@dataclass
class NodeResult:
    """What became of a node: names that are there, and errors by the name that is not."""

    there: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


class Prepull:
    """The work in `cluster`; `jobs` is how many nodes pull at a time.

    `pull_secrets` are names of secrets in the namespace kube-system.
    """

    def __init__(
        self,
        cluster: Cluster,
        jobs: int,
        pull_secrets: Sequence[str],
        patience: Patience = Patience(),
    ) -> None:
        self._pods = PodsOnNodes(cluster, jobs, patience.pause)
        self._secrets = [{"name": name} for name in pull_secrets]
        self._patience = patience

    def run(
        self, wanted: Mapping[str, Sequence[Pull]], progress: Progress
    ) -> dict[str, NodeResult]:
        """Pull what is `wanted` by node; progress counts images on nodes. Raises AirgapError.

        An image that cannot be pulled keeps nothing else from being.
        """
        watcher = _Watching(self._patience, progress)
        progress.start(0, 0, sum(len(pulls) for pulls in wanted.values()))
        try:
            self._pods.run(self._batches(wanted, watcher), watcher)
        finally:
            progress.close()
        return {node: watcher.results[node] for node in wanted}

    def _batches(
        self, wanted: Mapping[str, Sequence[Pull]], watcher: _Watching
    ) -> Iterator[NodePod]:
        """Pods of ten images each: what the first node has soon is what others wait for last."""
        for number, (node, pulls) in enumerate(wanted.items()):
            for start in range(0, len(pulls), _BATCH):
                batch = pulls[start : start + _BATCH]
                pod = NodePod(node, f"{number}-{start // _BATCH}", self._spec(batch))
                watcher.names[pod.name] = {f"i{at}": one.name for at, one in enumerate(batch)}
                yield pod

    def _spec(self, batch: Sequence[Pull]) -> Body:
        return {
            "containers": [_container(at, one.name) for at, one in enumerate(batch)],
            "imagePullSecrets": self._secrets,
            "enableServiceLinks": False,
        }


def _container(number: int, image: str) -> Body:
    return {
        "name": f"i{number}",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": _COMMAND,
        "resources": {"requests": {"cpu": "0", "memory": "0"}},
    }


class _Watching:
    """A Watcher of pods that pull; `names` are those of each pod's images by container."""

    def __init__(self, patience: Patience, progress: Progress) -> None:
        self.results: dict[str, NodeResult] = defaultdict(NodeResult)
        self.names: dict[str, dict[str, str]] = {}
        self._patience = patience
        self._progress = progress
        self._told: set[tuple[str, str]] = set()
        self._since: dict[str, float] = {}
        self._moved: dict[str, float] = {}

    def seen(self, pod: NodePod, body: Body | None) -> bool:
        """See Watcher."""
        now = time.monotonic()
        since = self._since.setdefault(pod.name, now)
        if body is None:
            return self._over(pod, "its pod was deleted by somebody")
        for container in sorted(pulled(body)):
            self._there(pod, container, now)
        missing = self._missing(pod)
        if not missing:
            return True
        refused = refusal(body)
        if refused:
            return self._over(pod, f"the node does not take our pod ({refused})")
        failures = pull_failures(body)
        idle = now - self._moved.get(pod.name, since)
        if failures and idle > self._patience.failing and missing <= failures.keys():
            return self._over(pod, "", failures)
        if now - since > self._patience.pulling:
            why = f"not there after {self._patience.pulling:.0f} s"
            return self._over(pod, why, failures)
        return False

    def failed(self, pod: NodePod, error: AirgapError) -> None:
        """See Watcher."""
        self._over(pod, error.what)

    def _there(self, pod: NodePod, container: str, now: float) -> None:
        if (pod.name, container) in self._told or container not in self.names[pod.name]:
            return
        self._told.add((pod.name, container))
        self._moved[pod.name] = now
        name = self.names[pod.name][container]
        self.results[pod.node].there.append(name)
        self._progress.item_done(f"{pod.node} {name}")

    def _missing(self, pod: NodePod) -> set[str]:
        return {one for one in self.names[pod.name] if (pod.name, one) not in self._told}

    def _over(self, pod: NodePod, why: str, failures: Mapping[str, str] | None = None) -> bool:
        for container in self._missing(pod):
            told = (failures or {}).get(container, why)
            self.results[pod.node].errors[self.names[pod.name][container]] = told
        return True


def errors_of(results: Mapping[str, NodeResult]) -> list[AirgapError]:
    """An error for each image that is lacking, with all nodes that lack it for that reason."""
    nodes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for node, result in results.items():
        for name, why in result.errors.items():
            nodes[name, why].append(node)
    return [
        ClusterError(
            f"{name} could not be pulled on {_counted(where)}: {why}",
            remedy="see that the registry has it (cube-install status), and that these nodes trust "
            "the registry and may pull (cube-install nodes --check)",
        )
        for (name, why), where in sorted(nodes.items())
    ]


def _counted(nodes: Sequence[str]) -> str:
    shown = ", ".join(sorted(nodes)[:3])
    return shown if len(nodes) <= 3 else f"{shown} and {len(nodes) - 3} more nodes"
