"""What a pod's status says of its containers."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]
_PULL_FAILURES = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}


def exit_code(body: Body) -> int | None:
    """The exit code of a pod's only container; None while it has none."""
    for status in _statuses(body):
        ended = status.get("state", {}).get("terminated")
        if ended is not None:
            return int(ended.get("exitCode", 1))
    return None


def pull_failures(body: Body) -> dict[str, str]:
    """Why images cannot be pulled, by the container that wants them."""
    found = {}
    for status in _statuses(body):
        waiting = status.get("state", {}).get("waiting") or {}
        if waiting.get("reason") in _PULL_FAILURES:
            found[str(status["name"])] = str(waiting.get("message") or waiting["reason"])
    return found


def pulled(body: Body) -> set[str]:
    """The containers whose image is on the node, whether they could be started or not."""
    return {str(status["name"]) for status in _statuses(body) if _is_pulled(status)}


def _is_pulled(status: Body) -> bool:
    state = status.get("state", {})
    if status.get("imageID") or state.get("running") or state.get("terminated"):
        return True
    # Creating and starting come after pulling; our command is in no image, so they fail.
    reason = str((state.get("waiting") or {}).get("reason", ""))
    return reason in {"CreateContainerError", "RunContainerError", "CrashLoopBackOff"}


def _statuses(body: Body) -> list[Body]:
    found: list[Body] = body.get("status", {}).get("containerStatuses") or []
    return found


def refusal(body: Body) -> str:
    """Why the node does not take the pod at all; empty where it does."""
    status = body.get("status", {})
    if status.get("phase") == "Failed" and not _statuses(body):
        return f"{status.get('reason', 'refused')}: {status.get('message', '')}".rstrip(": ")
    return ""
