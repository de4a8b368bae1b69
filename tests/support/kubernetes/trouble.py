"""What can keep a pod from running, and how the API shows it (kubelet and scheduler of 1.28)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Trouble(Enum):
    """The reason why the pods of a workload do not come up."""

    IMAGE_MISSING = "image not found in the registry"
    PULL_DENIED = "the registry wants credentials"
    UNSCHEDULABLE = "no node fits"
    CRASH = "the program ends with an error"
    OOM = "the program takes more memory than it may"
    PROBE = "the program runs, but its readiness probe fails"
    MOUNT = "a volume cannot be mounted"
    SECRET_MISSING = "a secret for its environment is missing"
    QUOTA = "no pod can be made: a quota is used up"
    SLOW = "it takes for ever, for no reason"


@dataclass(frozen=True)
class Symptom:
    """What a pod's status and events say: the container's state, and one event."""

    phase: str = "Pending"
    waiting: tuple[str, str] | None = None
    last: dict[str, Any] | None = None
    restarts: int = 0
    event: tuple[str, str] | None = None
    condition: tuple[str, str] | None = None
    is_running: bool = False


# What is told where a test says nothing else; {} stands for the image.
_WORDS = {
    Trouble.IMAGE_MISSING: "rpc error: code = NotFound desc = failed to pull and unpack image "
    '"{}": failed to resolve reference "{}": {}: not found',
    Trouble.PULL_DENIED: "rpc error: code = Unknown desc = failed to pull and unpack image "
    '"{}": unexpected status from HEAD request: 401 Unauthorized',
    Trouble.UNSCHEDULABLE: "0/1 nodes are available: 1 Insufficient memory.",
    Trouble.MOUNT: 'MountVolume.SetUp failed for volume "data" : hostPath type check failed: '
    "/data is not a directory",
    Trouble.SECRET_MISSING: 'secret "mysql-credentials" not found',
    Trouble.PROBE: "Readiness probe failed: HTTP probe failed with statuscode: 503",
}


def symptom(trouble: Trouble, image: str, told: str = "") -> Symptom:
    """What is seen of a container with `image`; `told` replaces the message of the event."""
    why = told or _WORDS.get(trouble, "").replace("{}", image)
    pull = f'Failed to pull image "{image}": {why}'
    seen = {
        Trouble.IMAGE_MISSING: Symptom(
            waiting=("ImagePullBackOff", f'Back-off pulling image "{image}"'),
            event=("Failed", pull),
        ),
        Trouble.PULL_DENIED: Symptom(
            waiting=("ErrImagePull", f'failed to pull image "{image}": {why}'),
            event=("Failed", pull),
        ),
        Trouble.UNSCHEDULABLE: Symptom(
            condition=("Unschedulable", why), event=("FailedScheduling", why)
        ),
        Trouble.MOUNT: Symptom(waiting=("ContainerCreating", ""), event=("FailedMount", why)),
        Trouble.SECRET_MISSING: Symptom(
            waiting=("CreateContainerConfigError", why), event=("Failed", f"Error: {why}")
        ),
        Trouble.PROBE: Symptom(phase="Running", is_running=True, event=("Unhealthy", why)),
        Trouble.CRASH: _ended(trouble),
        Trouble.OOM: _ended(trouble),
    }
    return seen.get(trouble, Symptom())


def _ended(trouble: Trouble) -> Symptom:
    is_oom = trouble is Trouble.OOM
    last = {
        "exitCode": 137 if is_oom else 1,
        "reason": "OOMKilled" if is_oom else "Error",
        "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T00:00:01Z",
    }
    message = "back-off 40s restarting failed container"
    return Symptom(
        phase="Running",
        waiting=("CrashLoopBackOff", message),
        last=last,
        restarts=3,
        event=("BackOff", "Back-off restarting failed container"),
    )
