"""What the controllers of a real cluster make of workloads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.kubernetes.events import tell
from tests.support.kubernetes.pods import (
    end_pod,
    fail_pod,
    image_of,
    is_ready,
    make_pod,
    owner_reference,
    run_pod,
    template_hash,
    trouble_pod,
)
from tests.support.kubernetes.statuses import deployed, finished, is_finished, spread, stated
from tests.support.kubernetes.storage import Place
from tests.support.kubernetes.trouble import Trouble, symptom

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.storage import Storage

_MADE_TICKS = 1
_READY_TICKS = 4
# What ends a job, and not only delays it.
_FATAL = {Trouble.CRASH, Trouble.OOM}
_QUOTA = "exceeded quota: all, requested: pods=1, used: pods=1, limited: pods=1"


@dataclass
class Workloads:
    """`stuck` has, by NAMESPACE/NAME of a workload, why its pods do not come up, in which words.

    `pull` says of an image why no node gets it; None where it does. With it nodes try again and
    again, as kubelets do.
    """

    storage: Storage
    stuck: dict[str, tuple[Trouble, str]] = field(default_factory=dict)
    pull: Callable[[str], Trouble | None] | None = None
    _settled: dict[Place, tuple[object, ...] | None] = field(default_factory=dict)

    def work(self) -> None:
        for resource, act in (
            ("deployments.apps", self._deployment),
            ("statefulsets.apps", self._stateful),
            ("daemonsets.apps", self._daemons),
            ("jobs.batch", self._job),
        ):
            for place, body in list(self.storage.of(resource)):
                is_going = "deletionTimestamp" in body["metadata"]
                if is_going or self.storage.rest(place) < _MADE_TICKS:
                    continue
                seen = self._seen(place)
                if self._settled.get(place) != seen:
                    act(place, body)
                    is_over = self._is_time(place) and self._seen(place) == seen
                    self._settled[place] = seen if is_over and not self.pull else None

    def _seen(self, place: Place) -> tuple[object, ...]:
        """All that decides what becomes of a workload; as long as it stays, nothing does."""
        version = self.storage.objects[place]["metadata"]["resourceVersion"]
        changes = self.storage.changes
        return version, self.stuck.get(_name(place)), changes["pods"], changes["nodes"]

    def _deployment(self, place: Place, body: Body) -> None:
        count = body["spec"].get("replicas", 1)
        hashed = template_hash(body["spec"]["template"])
        owner = self._replica_set(place, body, hashed)
        if self._is_out_of_quota(place, owner):
            self._say(place, count, 0, hashed)
            return
        names = [f"{place.name}-{hashed}-{index:05d}" for index in range(count)]
        pods = self._pods(owner, body, names, {"pod-template-hash": hashed})
        for other, one in list(self.storage.of("replicasets.apps", place.namespace)):
            if _belongs(one, body) and other.name != owner["metadata"]["name"]:
                self._drop_pods(one, ())
        self._say(place, count, self._tend(place, pods), hashed)

    def _replica_set(self, place: Place, body: Body, hashed: str) -> Body:
        name = f"{place.name}-{hashed}"
        at = Place("replicasets.apps", place.namespace, name)
        if at not in self.storage.objects:
            metadata = {
                "name": name,
                "namespace": place.namespace,
                "labels": {"pod-template-hash": hashed},
                "ownerReferences": [owner_reference(body)],
            }
            spec = {
                "replicas": body["spec"].get("replicas", 1),
                "template": body["spec"]["template"],
            }
            self.storage.add(
                at,
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec},
            )
        return self.storage.objects[at]

    def _stateful(self, place: Place, body: Body) -> None:
        count = body["spec"].get("replicas", 1)
        hashed = template_hash(body["spec"]["template"])
        if self._is_out_of_quota(place, body):
            self._say(place, count, 0, hashed)
            return
        names = [f"{place.name}-{index}" for index in range(count)]
        pods = self._pods(body, body, names, {"controller-revision-hash": hashed})
        self._say(place, count, self._tend(place, pods), hashed)

    def _daemons(self, place: Place, body: Body) -> None:
        hashed = template_hash(body["spec"]["template"])
        nodes = [one.name for one, node in self.storage.of("nodes") if _fits(body, node)]
        names = [f"{place.name}-{node}" for node in nodes]
        pods = self._pods(body, body, names, {"controller-revision-hash": hashed})
        self._set_status(place, spread(len(nodes), self._tend(place, pods)))

    def _job(self, place: Place, body: Body) -> None:
        if is_finished(body):
            return
        (pod,) = self._pods(body, body, [f"{place.name}-00000"], {"job-name": place.name})
        trouble, _ = self._trouble(place, pod)
        node = self._node_for(pod)
        if not self._is_time(place) or not node or trouble not in {None, *_FATAL}:
            self._tend(place, [pod])
            self._set_status(place, {"active": 1, "ready": 0})
        elif trouble:
            fail_pod(self.storage, pod, node, trouble)
            self._set_status(place, finished(is_well=False))
        else:
            end_pod(self.storage, pod, node)
            self._set_status(place, finished(is_well=True))

    def _pods(self, owner: Body, body: Body, names: list[str], labels: Body) -> list[Place]:
        """The pods of the template as it is now; those of another go."""
        template = body["spec"]["template"]
        for _, one in list(self.storage.of("pods", body["metadata"]["namespace"])):
            own = one["metadata"].get("labels") or {}
            if _belongs(one, owner) and any(own.get(key) != value for key, value in labels.items()):
                self.storage.drop(self.storage.place_of(one))
        self._drop_pods(owner, names)
        return [make_pod(self.storage, owner, template, name, labels) for name in names]

    def _drop_pods(self, owner: Body, kept: list[str] | tuple[str, ...]) -> None:
        for place, one in list(self.storage.of("pods", owner["metadata"]["namespace"])):
            if _belongs(one, owner) and place.name not in kept:
                self.storage.drop(place)

    def _tend(self, workload: Place, pods: list[Place]) -> int:
        """Bring the pods on, and tell how many are ready."""
        for pod in pods:
            node = self._node_for(pod)
            trouble, told = self._trouble(workload, pod)
            if not node:
                why = self._misplaced()
                trouble_pod(self.storage, pod, "", symptom(Trouble.UNSCHEDULABLE, "", why))
            elif trouble:
                image = image_of(self.storage.objects[pod])
                trouble_pod(self.storage, pod, node, symptom(trouble, image, told))
            elif self._is_time(workload):
                run_pod(self.storage, pod, node)
        return sum(is_ready(self.storage.objects[pod]) for pod in pods)

    def _trouble(self, workload: Place, pod: Place) -> tuple[Trouble | None, str]:
        """What keeps the pod from coming up, and in which words if not the usual."""
        known = self.stuck.get(_name(workload))
        body = self.storage.objects[pod]
        if known or self.pull is None or is_ready(body):  # for what runs no node pulls again
            return known or (None, "")
        return self.pull(image_of(body)), ""

    def _node_for(self, pod: Place) -> str:
        """The first node that takes it; empty where none does."""
        body = {"spec": {"template": self.storage.objects[pod]}}
        fitting = (at.name for at, node in self.storage.of("nodes") if _fits(body, node))
        return next(fitting, "")

    def _misplaced(self) -> str:
        """Why no node takes a pod."""
        count = len(list(self.storage.of("nodes")))
        if not count:
            return "no nodes available to schedule pods"
        return (
            f"0/{count} nodes are available: {count} node(s) didn't match Pod's node "
            f"affinity/selector. preemption: 0/{count} nodes are available: {count} Preemption is "
            "not helpful for scheduling."
        )

    def _is_time(self, place: Place) -> bool:
        return self.storage.rest(place) >= _READY_TICKS

    def _is_out_of_quota(self, place: Place, owner: Body) -> bool:
        trouble, told = self.stuck.get(_name(place), (None, ""))
        if trouble is not Trouble.QUOTA:
            return False
        why = f'Error creating: pods "{place.name}-x" is forbidden: {told or _QUOTA}'
        tell(self.storage, owner, "Warning", "FailedCreate", why)
        return True

    def _say(self, place: Place, count: int, ready: int, hashed: str) -> None:
        if self.storage.rest(place) == _MADE_TICKS:
            # The generation is seen before its replicas are counted.
            before = dict(self.storage.objects[place].get("status") or {})
            before.pop("updatedReplicas", None)
            self._set_status(place, before)
        elif place.resource == "statefulsets.apps":
            self._set_status(place, stated(count, ready, f"{place.name}-{hashed}"))
        else:
            self._set_status(place, deployed(count, ready, f"{place.name}-{hashed}"))

    def _set_status(self, place: Place, status: Body) -> None:
        generation = self.storage.objects[place]["metadata"]["generation"]
        is_job = place.resource == "jobs.batch"
        seen = {} if is_job else {"observedGeneration": generation}
        self.storage.set_status(place, {**status, **seen})


def _belongs(one: Body, owner: Body) -> bool:
    uid = owner["metadata"]["uid"]
    return any(ref["uid"] == uid for ref in one["metadata"].get("ownerReferences") or ())


def _fits(body: Body, node: Body) -> bool:
    asked = body["spec"]["template"]["spec"].get("nodeSelector") or {}
    labels = node["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in asked.items())


def _name(place: Place) -> str:
    return f"{place.namespace}/{place.name}"
