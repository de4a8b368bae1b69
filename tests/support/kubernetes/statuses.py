"""What controllers say of workloads: compared with a controller manager of 1.36."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.kubernetes.storage import now

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body


def deployed(count: int, ready: int, replica_set: str) -> Body:
    """Of a Deployment with `count` pods, `ready` of them ready."""
    is_up = ready >= count
    available = "has" if is_up else "does not have"
    progress = "has successfully progressed" if is_up else "is progressing"
    conditions = [
        {
            "type": "Available",
            "status": "True" if is_up else "False",
            "reason": "MinimumReplicasAvailable" if is_up else "MinimumReplicasUnavailable",
            "message": f"Deployment {available} minimum availability.",
        },
        {
            "type": "Progressing",
            "status": "True",
            "reason": "NewReplicaSetAvailable" if is_up else "ReplicaSetUpdated",
            "message": f'ReplicaSet "{replica_set}" {progress}.',
        },
    ]
    counts = {
        "replicas": count,
        "updatedReplicas": count,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": count - ready,
    }
    return {**_without_zeros(counts), "conditions": conditions}


def stated(count: int, ready: int, revision: str) -> Body:
    """Of a StatefulSet."""
    counts = {"currentReplicas": count, "updatedReplicas": count, "readyReplicas": ready}
    return {
        "replicas": count,
        "availableReplicas": ready,
        **_without_zeros(counts),
        "currentRevision": revision,
        "updateRevision": revision,
        "collisionCount": 0,
    }


def spread(count: int, ready: int) -> Body:
    """Of a DaemonSet on `count` nodes."""
    more = {
        "updatedNumberScheduled": count,
        "numberAvailable": ready,
        "numberUnavailable": count - ready,
    }
    return {
        "currentNumberScheduled": count,
        "desiredNumberScheduled": count,
        "numberMisscheduled": 0,
        "numberReady": ready,
        **_without_zeros(more),
    }


def finished(*, is_well: bool) -> Body:
    """Of a Job; from 1.31 on another condition comes before the one that counts."""
    if is_well:
        conditions = [
            _condition(kind, "CompletionsReached", "Reached expected number of succeeded pods")
            for kind in ("SuccessCriteriaMet", "Complete")
        ]
        ended: Body = {"succeeded": 1, "completionTime": now()}
    else:
        conditions = [
            _condition(kind, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
            for kind in ("FailureTarget", "Failed")
        ]
        ended = {"failed": 1}
    return {**ended, "startTime": now(), "ready": 0, "conditions": conditions}


def is_finished(job: Body) -> bool:
    """Whether a Job came to its end, well or not."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(one["type"] in {"Complete", "Failed"} for one in conditions)


def _condition(kind: str, reason: str, message: str) -> Body:
    return {"type": kind, "status": "True", "reason": reason, "message": message}


def _without_zeros(counts: dict[str, int]) -> Body:
    return {name: one for name, one in counts.items() if one}
