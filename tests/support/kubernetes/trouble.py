"""What can keep a pod from running, and how the API shows it: compared with a kubelet of 1.36."""

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
    """What a pod's status and its events (type, reason, message) say.

    `waiting` is why its container waits, `last` how that ended before; `unplaced` is why no node
    takes the pod.
    """

    phase: str = "Pending"
    waiting: tuple[str, str] | None = None
    last: dict[str, Any] | None = None
    events: tuple[tuple[str, str, str], ...] = ()
    unplaced: str = ""
    is_running: bool = False


# What is told where a test says nothing else; {} stands for the image.
_WORDS = {
    Trouble.IMAGE_MISSING: 'failed to pull and unpack image "{}": failed to resolve reference '
    '"{}": {}: not found',
    Trouble.PULL_DENIED: 'failed to pull and unpack image "{}": failed to resolve reference "{}": '
    "unexpected status from HEAD request to https://registry.invalid/v2/: 401 Unauthorized",
    Trouble.UNSCHEDULABLE: "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes "
    "are available: 1 No preemption victims found for incoming pod.",
    Trouble.MOUNT: 'MountVolume.SetUp failed for volume "data" : hostPath type check failed: '
    "/data is not a directory",
    Trouble.SECRET_MISSING: 'secret "mysql-credentials" not found',
    Trouble.PROBE: "Readiness probe failed: HTTP probe failed with statuscode: 503",
}


def symptom(trouble: Trouble, image: str, told: str = "") -> Symptom:
    """What is seen of a container with `image`; `told` replaces the usual reason."""
    why = told or _WORDS.get(trouble, "").replace("{}", image)
    seen = {
        Trouble.IMAGE_MISSING: _not_pulled(image, why),
        Trouble.PULL_DENIED: _not_pulled(image, why),
        Trouble.UNSCHEDULABLE: Symptom(
            unplaced=why, events=(("Warning", "FailedScheduling", why),)
        ),
        Trouble.MOUNT: Symptom(
            waiting=("ContainerCreating", ""), events=(("Warning", "FailedMount", why),)
        ),
        Trouble.SECRET_MISSING: Symptom(
            waiting=("CreateContainerConfigError", why),
            events=(("Warning", "Failed", f"Error: {why}"),),
        ),
        Trouble.PROBE: Symptom(
            phase="Running", is_running=True, events=(("Warning", "Unhealthy", why),)
        ),
        Trouble.CRASH: _ended(1, "Error"),
        Trouble.OOM: _ended(137, "OOMKilled"),
    }
    return seen.get(trouble, Symptom())


def _not_pulled(image: str, why: str) -> Symptom:
    back_off = f'Back-off pulling image "{image}"'
    return Symptom(
        waiting=("ImagePullBackOff", f"{back_off}: ErrImagePull: {why}"),
        events=(
            ("Normal", "Pulling", f'Pulling image "{image}"'),
            ("Warning", "Failed", f'Failed to pull image "{image}": {why}'),
            ("Warning", "Failed", "Error: ErrImagePull"),
            ("Normal", "BackOff", back_off),
            ("Warning", "Failed", "Error: ImagePullBackOff"),
        ),
    )


def _ended(code: int, reason: str) -> Symptom:
    """A container that was started some times, and is about to be again."""
    ended = {
        "exitCode": code,
        "reason": reason,
        "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T00:00:01Z",
    }
    back_off = "restarting failed container main in pod"
    return Symptom(
        phase="Running",
        waiting=("CrashLoopBackOff", f"back-off 40s {back_off}"),
        last=ended,
        events=(("Warning", "BackOff", f"Back-off {back_off}"),),
    )
