"""Running pods on nodes, a bounded number at a time, and leaving nothing behind.

A DaemonSet would start on every node at once, and restart what came to its end; so each pod is made
by itself, for its node. Watching all of them costs one request each time, however many there are.
"""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from cube_airgap.errors import AirgapError, collected_in
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cube_install.kubernetes.cluster import Cluster

    Body = dict[str, Any]

NAMESPACE = "kube-system"
"""It is everywhere, and no policy of a cluster forbids pods of the node's own there."""
_LABEL = "cube-airgap/run"
_LONGEST_SECONDS = 6 * 3600


@dataclass(frozen=True)
class NodePod:
    """A pod to be run: which node, a name that no other of the run has, and its `spec`.

    `secret` is mounted by the name secret_name() gives, for what others shall not read.
    """

    node: str
    name: str
    spec: Body
    secret: dict[str, str] = field(default_factory=dict, repr=False)


class Watcher(Protocol):
    """Who is told of the pods of a run."""

    def seen(self, pod: NodePod, body: Body | None) -> bool:
        """Told again and again of a pod as it is (None: it vanished); True when that will do."""

    def failed(self, pod: NodePod, error: AirgapError) -> None:
        """A pod could not be made."""


class _Queue:
    """Pods that wait, by their nodes; a node that has begun comes before one that has not."""

    def __init__(self, pods: Iterable[NodePod]) -> None:
        self._of: dict[str, deque[NodePod]] = defaultdict(deque)
        for pod in pods:
            self._of[pod.node].append(pod)
        self._ready = deque(self._of)

    @property
    def has_any(self) -> bool:
        """Whether there is a pod for a node that has none at work."""
        return bool(self._ready)

    def take(self) -> NodePod:
        """The next pod; its node gets no other until it is free()."""
        return self._of[self._ready.popleft()].popleft()

    def free(self, node: str) -> None:
        """The node has no pod at work any more."""
        if self._of[node]:
            self._ready.appendleft(node)


class PodsOnNodes:
    """A run of pods in `cluster`: at most one on a node and `jobs` in all at a time.

    There are `pause` seconds between two looks at them.
    """

    def __init__(self, cluster: Cluster, jobs: int, pause: float = 1.0) -> None:
        self._cluster = cluster
        self._jobs = jobs
        self._pause = threading.Event(), pause
        self.run_id = secrets.token_hex(4)

    def run(self, pods: Iterable[NodePod], watcher: Watcher) -> None:
        """Run all pods; each is deleted when `watcher` has seen enough of it.

        At the end, and on Ctrl-C, all that was made is deleted. Raises AirgapError.
        """
        queue = _Queue(pods)
        active: dict[str, NodePod] = {}
        self._sweep()
        try:
            while queue.has_any or active:
                while queue.has_any and len(active) < self._jobs:
                    pod = queue.take()
                    if self._make(pod, watcher):
                        active[self.object_name(pod)] = pod
                    else:
                        queue.free(pod.node)
                for pod in self._seen_enough(active, watcher):
                    queue.free(pod.node)
                if active:
                    event, seconds = self._pause
                    event.wait(seconds)
        finally:
            self._clean_up()

    def object_name(self, pod: NodePod) -> str:
        """What the pod, and its secret, are called in the cluster."""
        return f"cube-airgap-{self.run_id}-{pod.name}"

    def _seen_enough(self, active: dict[str, NodePod], watcher: Watcher) -> Iterator[NodePod]:
        """Look at all active pods once, and take out those that the watcher needs no more."""
        if not active:
            return
        found = self._cluster.list("", "Pod", namespace=NAMESPACE, labels=self._selector)
        by_name = {body["metadata"]["name"]: body for body in found}
        for name in list(active):
            if watcher.seen(active[name], by_name.get(name)):
                pod = active.pop(name)
                self._delete("Pod", name)
                if pod.secret:
                    self._delete("Secret", name)
                yield pod

    def _make(self, pod: NodePod, watcher: Watcher) -> bool:
        try:
            made = self._cluster.create(self._body(pod, {"kind": "Pod", "spec": self._spec(pod)}))
            if pod.secret:
                # It goes with the pod, and the pod waits for it.
                owner = {"apiVersion": "v1", "kind": "Pod", "name": made["metadata"]["name"]}
                secret = self._body(pod, {"kind": "Secret", "stringData": pod.secret})
                secret["metadata"]["ownerReferences"] = [{**owner, "uid": made["metadata"]["uid"]}]
                self._cluster.create(secret)
        except AirgapError as error:
            watcher.failed(pod, error)
            return False
        return True

    def _body(self, pod: NodePod, content: Body) -> Body:
        metadata = {
            "name": self.object_name(pod),
            "namespace": NAMESPACE,
            "labels": {_LABEL: self.run_id, "app.kubernetes.io/managed-by": "cube-airgap"},
        }
        return {"apiVersion": "v1", "metadata": metadata, **content}

    def _spec(self, pod: NodePod) -> Body:
        usual: Body = {
            "nodeName": pod.node,
            "restartPolicy": "Never",
            "tolerations": [{"operator": "Exists"}],
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            # What a run that was killed leaves behind ends by itself, and goes with the next run.
            "activeDeadlineSeconds": _LONGEST_SECONDS,
            # A node that is short of pod addresses gets images all the same.
            "hostNetwork": True,
        }
        spec = {**usual, **pod.spec}
        if pod.secret:
            volume = {"name": "own", "secret": {"secretName": self.object_name(pod)}}
            spec["volumes"] = [*spec.get("volumes", []), volume]
        return spec

    def logs(self, pod: NodePod, container: str) -> str:
        """What a container of the pod wrote. Raises AirgapError."""
        return self._cluster.logs(NAMESPACE, self.object_name(pod), container, lines=1 << 20)

    @property
    def _selector(self) -> str:
        return f"{_LABEL}={self.run_id}"

    def _delete(self, kind: str, name: str) -> None:
        with suppress(AirgapError):  # tried again at the end
            self._cluster.delete(ObjectKey("", kind, NAMESPACE, name))

    def _sweep(self) -> None:
        """Delete pods of runs whose program was killed: others' are deleted when they end."""
        longest = timedelta(seconds=_LONGEST_SECONDS)
        for body in self._cluster.list("", "Pod", namespace=NAMESPACE, labels=_LABEL):
            made = datetime.fromisoformat(body["metadata"]["creationTimestamp"])
            if datetime.now(UTC) - made > longest:
                self._delete("Pod", body["metadata"]["name"])

    def _clean_up(self) -> None:
        """Delete what is left. What keeps us from it is less than what ended the run."""
        errors: list[AirgapError] = []
        for kind in ("Pod", "Secret"):
            with collected_in(errors):
                for body in self._cluster.list(
                    "", kind, namespace=NAMESPACE, labels=self._selector
                ):
                    self._delete(kind, body["metadata"]["name"])
