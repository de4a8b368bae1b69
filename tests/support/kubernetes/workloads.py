"""What the controllers of a real cluster make of workloads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.kubernetes.pods import (
    fail_pod,
    is_ready,
    make_pod,
    owner_reference,
    run_pod,
    tell,
    template_hash,
    trouble_pod,
)
from tests.support.kubernetes.storage import Place, now
from tests.support.kubernetes.trouble import Trouble

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.storage import Storage

_MADE_TICKS = 1
_READY_TICKS = 4
_QUOTA = "exceeded quota: all, requested: pods=1, used: pods=1, limited: pods=1"


@dataclass
class Workloads:
    """`stuck` has, by NAMESPACE/NAME of a workload, why its pods do not come up, in which words."""

    storage: Storage
    stuck: dict[str, tuple[Trouble, str]] = field(default_factory=dict)

    def work(self) -> None:
        for resource, act in (
            ("deployments.apps", self._deployment),
            ("statefulsets.apps", self._stateful),
            ("daemonsets.apps", self._daemons),
            ("jobs.batch", self._job),
        ):
            for place, body in list(self.storage.of(resource)):
                is_going = "deletionTimestamp" in body["metadata"]
                if not is_going and self.storage.rest(place) >= _MADE_TICKS:
                    act(place, body)

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
        ready = self._tend(place, pods)
        count = len(nodes)
        self._set_status(
            place,
            {
                "observedGeneration": self._generation(place),
                "desiredNumberScheduled": count,
                "currentNumberScheduled": count,
                "updatedNumberScheduled": count,
                "numberMisscheduled": 0,
                "numberReady": ready,
                "numberAvailable": ready,
                "numberUnavailable": count - ready,
            },
        )

    def _job(self, place: Place, body: Body) -> None:
        if any(
            one["type"] in {"Complete", "Failed"}
            for one in (body.get("status") or {}).get("conditions") or ()
        ):
            return
        pods = self._pods(body, body, [f"{place.name}-00000"], {"job-name": place.name})
        trouble, told = self.stuck.get(_name(place), (None, ""))
        start = {"startTime": now()}
        if trouble in {Trouble.CRASH, Trouble.OOM} and self._is_time(place):
            fail_pod(self.storage, pods[0], trouble)
            self.storage.set_status(place, {"failed": 1, "conditions": [_failed()], **start})
        elif trouble:
            trouble_pod(self.storage, pods[0], trouble, told)
            self._set_status(place, {"active": 1, "ready": 0})
        elif self._is_time(place):
            run_pod(self.storage, pods[0], is_done=True)
            done = {"type": "Complete", "status": "True"}
            self.storage.set_status(place, {"succeeded": 1, "conditions": [done], **start})
        else:
            self._set_status(place, {"active": 1, "ready": 0})

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
        trouble, told = self.stuck.get(_name(workload), (None, ""))
        for pod in pods:
            misplaced = self._misplaced(pod)
            if trouble or misplaced:
                trouble_pod(self.storage, pod, trouble or Trouble.UNSCHEDULABLE, told or misplaced)
            elif self._is_time(workload):
                run_pod(self.storage, pod)
        return sum(is_ready(self.storage.objects[pod]) for pod in pods)

    def _misplaced(self, pod: Place) -> str:
        """Why no node takes it; empty where one does."""
        nodes = [node for _, node in self.storage.of("nodes")]
        body = {"spec": {"template": self.storage.objects[pod]}}
        if not nodes:
            return "no nodes available to schedule pods"
        if any(_fits(body, node) for node in nodes):
            return ""
        count = len(nodes)
        return (
            f"0/{count} nodes are available: {count} node(s) didn't match Pod's node "
            "affinity/selector."
        )

    def _is_time(self, place: Place) -> bool:
        return self.storage.rest(place) >= _READY_TICKS

    def _is_out_of_quota(self, place: Place, owner: Body) -> bool:
        trouble, told = self.stuck.get(_name(place), (None, ""))
        if trouble is not Trouble.QUOTA:
            return False
        why = f'Error creating: pods "{place.name}-x" is forbidden: {told or _QUOTA}'
        tell(self.storage, owner, "Warning", ("FailedCreate", why))
        return True

    def _say(self, place: Place, count: int, ready: int, hashed: str) -> None:
        if self.storage.rest(place) == _MADE_TICKS:
            # The generation is seen before its replicas are counted.
            before = dict(self.storage.objects[place].get("status") or {})
            before.pop("updatedReplicas", None)
            self._set_status(place, {**before, "observedGeneration": self._generation(place)})
            return
        status: Body = {
            "observedGeneration": self._generation(place),
            "replicas": count,
            "updatedReplicas": count,
            "readyReplicas": ready,
            "availableReplicas": ready,
        }
        if place.resource == "statefulsets.apps":
            revision = f"{place.name}-{hashed}"
            status |= {"currentRevision": revision, "updateRevision": revision}
            status |= {"currentReplicas": count}
        else:
            is_up = ready >= count
            status |= {
                "unavailableReplicas": count - ready,
                "conditions": _conditions(place, is_up=is_up),
            }
        self._set_status(place, status)

    def _generation(self, place: Place) -> int:
        return int(self.storage.objects[place]["metadata"]["generation"])

    def _set_status(self, place: Place, status: Body) -> None:
        """Server's zeros are left out."""
        self.storage.set_status(place, {key: one for key, one in status.items() if one != 0})


def _conditions(place: Place, *, is_up: bool) -> list[Body]:
    reason = "NewReplicaSetAvailable" if is_up else "ReplicaSetUpdated"
    available = "MinimumReplicasAvailable" if is_up else "MinimumReplicasUnavailable"
    return [
        {"type": "Available", "status": "True" if is_up else "False", "reason": available},
        {"type": "Progressing", "status": "True", "reason": reason},
    ]


def _failed() -> Body:
    return {
        "type": "Failed",
        "status": "True",
        "reason": "BackoffLimitExceeded",
        "message": "Job has reached the specified backoff limit",
    }


def _belongs(one: Body, owner: Body) -> bool:
    uid = owner["metadata"]["uid"]
    return any(ref["uid"] == uid for ref in one["metadata"].get("ownerReferences") or ())


def _fits(body: Body, node: Body) -> bool:
    asked = body["spec"]["template"]["spec"].get("nodeSelector") or {}
    labels = node["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in asked.items())


def _name(place: Place) -> str:
    return f"{place.namespace}/{place.name}"
