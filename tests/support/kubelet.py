"""What kubelets do with pods that are made for their node, for the Kubernetes double.

A pod's status is told in the same words as by real ones with containerd.
"""

from __future__ import annotations

import base64
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.kubernetes.double import KubernetesDouble

    Body = dict[str, Any]

NAMESPACE = "kube-system"


@dataclass
class Kubelets:
    """`act` says what a new pod's status becomes; `most` is how many pods there were at a time."""

    double: KubernetesDouble
    act: Callable[[Body], Body]
    most: int = 0
    seen: set[str] = field(default_factory=set)

    def work(self) -> None:
        """Look at all pods once."""
        pods = self.double.all("Pod", NAMESPACE)
        self.most = max(self.most, len(pods))
        for body in pods:
            name = body["metadata"]["name"]
            if name not in self.seen and self._can_start(body):
                self.seen.add(name)
                status = self.act(body)
                if self.double.get("Pod", name, NAMESPACE) is not None:
                    self.double.set_status("Pod", name, NAMESPACE, status)

    def _can_start(self, body: Body) -> bool:
        """Whether every secret that the pod mounts is there; kubelets wait for it."""
        volumes = body["spec"].get("volumes") or ()
        names = [one["secret"]["secretName"] for one in volumes if "secret" in one]
        return all(self.double.get("Secret", name, NAMESPACE) for name in names)


@contextmanager
def running_kubelets(double: KubernetesDouble, act: Callable[[Body], Body]) -> Iterator[Kubelets]:
    kubelets = Kubelets(double, act)
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.01):
            kubelets.work()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield kubelets
    finally:
        stop.set()
        thread.join()


def secret_of(double: KubernetesDouble, pod: Body) -> dict[str, str]:
    """The texts of the secret that the pod mounts."""
    name = next(one["secret"]["secretName"] for one in pod["spec"]["volumes"] if "secret" in one)
    body = double.get("Secret", name, NAMESPACE)
    assert body is not None
    plain = dict(body.get("stringData") or {})
    coded = {key: base64.b64decode(text).decode() for key, text in body.get("data", {}).items()}
    return {**coded, **plain}


def ended(pod: Body, code: int) -> Body:
    """The status of a pod whose only container ended."""
    name = pod["spec"]["containers"][0]["name"]
    state = {"terminated": {"exitCode": code, "reason": "Completed" if code == 0 else "Error"}}
    phase = "Succeeded" if code == 0 else "Failed"
    return {"phase": phase, "containerStatuses": [{"name": name, "state": state, "imageID": "i"}]}


def not_pulled(pod: Body, message: str) -> Body:
    """The status of a pod of whose containers none gets its image."""
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
    names = [one["name"] for one in pod["spec"]["containers"]]
    statuses = [{"name": name, "state": waiting, "imageID": ""} for name in names]
    return {"phase": "Pending", "containerStatuses": statuses}


def not_started(pod: Body) -> Body:
    """The status of a pod whose images are all there, and whose commands are in none of them."""
    told = {"exitCode": 128, "reason": "StartError", "message": "no such file or directory"}
    names = [one["name"] for one in pod["spec"]["containers"]]
    statuses = [
        {"name": name, "state": {"terminated": told}, "imageID": f"sha256:{name}"} for name in names
    ]
    return {"phase": "Failed", "containerStatuses": statuses}
