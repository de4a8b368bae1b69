"""Nodes that are reached through their cluster, by a pod on each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import AirgapError, ClusterError
from cube_install.node_pods.pod_states import exit_code, pull_failures, refusal
from cube_install.node_pods.pods_on_nodes import NodePod, PodsOnNodes
from cube_install.nodes.running import Ran

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cube_install.kubernetes.cluster import Cluster
    from cube_install.node_pods.cluster_members import Member
    from cube_install.nodes.running import Outcome, Program

_CONTAINER = "node"
_REMEDY = (
    "see kubectl describe node, and that the node can start the image that --image names: load it "
    "there, or use --ssh"
)
# The program is read in the container, and runs in the node's own namespaces.
_COMMAND = 'exec nsenter -t 1 -m -u -i -n -p -- sh -s -- "$@" </own/program'


class ClusterNodes:
    """The nodes `members` of `cluster`; see Nodes.

    `image` has sh and nsenter (busybox has), and can be started on every node. `seconds` is how
    long a program may take, its image's pull included.
    """

    def __init__(
        self, cluster: Cluster, members: Sequence[Member], image: str, jobs: int, seconds: float
    ) -> None:
        self._cluster = cluster
        self._members = {member.name: member for member in members}
        self._image = image
        self._jobs = jobs
        self._seconds = seconds
        self.pause = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """See Nodes."""
        return tuple(self._members)

    def run(self, programs: Mapping[str, Program]) -> dict[str, Outcome]:
        """See Nodes; what the cluster refuses altogether is raised."""
        pods = [
            NodePod(name, f"{number}", self._spec(program), {"program": program.text})
            for number, (name, program) in enumerate(programs.items())
        ]
        running = PodsOnNodes(self._cluster, self._jobs, self.pause)
        results = PodResults(running, _CONTAINER, self._seconds, _REMEDY)
        running.run(pods, results)
        return {name: results.outcomes[name] for name in programs}

    def _spec(self, program: Program) -> dict[str, Any]:
        arguments = [program.argument] if program.argument else []
        container = {
            "name": _CONTAINER,
            "image": self._image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", _COMMAND, "node", *arguments],
            "securityContext": {"privileged": True},
            "volumeMounts": [{"name": "own", "mountPath": "/own", "readOnly": True}],
        }
        return {
            "containers": [container],
            "hostPID": True,
            "imagePullSecrets": [{"name": "hubsecret"}],
            "priorityClassName": "system-node-critical",
        }


class PodResults:
    """A Watcher that keeps what became of the program in `container` of each node's only pod.

    `remedy` is for a node on which it came to no end within `seconds`.
    """

    def __init__(self, running: PodsOnNodes, container: str, seconds: float, remedy: str) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._running = running
        self._container = container
        self._seconds = seconds
        self._remedy = remedy
        self._since: dict[str, float] = {}

    def seen(self, pod: NodePod, body: dict[str, Any] | None) -> bool:
        """See Watcher."""
        since = self._since.setdefault(pod.node, time.monotonic())
        if body is None:
            return self._over(pod, "its pod was deleted by somebody")
        code = exit_code(body)
        if code is not None:
            try:
                self.outcomes[pod.node] = Ran(code, self._running.logs(pod, self._container))
            except AirgapError as error:
                self.outcomes[pod.node] = error
            return True
        refused = refusal(body)
        if refused:
            return self._over(pod, f"it does not take our pod ({refused})")
        if time.monotonic() - since > self._seconds:
            why = "; ".join(pull_failures(body).values()) or "its pod came to no end"
            return self._over(pod, f"{why} (after {self._seconds:.0f} s)")
        return False

    def failed(self, pod: NodePod, error: AirgapError) -> None:
        """See Watcher."""
        self.outcomes[pod.node] = error

    def _over(self, pod: NodePod, why: str) -> bool:
        self.outcomes[pod.node] = ClusterError(f"{pod.node}: {why}", remedy=self._remedy)
        return True
