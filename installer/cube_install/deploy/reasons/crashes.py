"""Containers that end, or do not even begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import number, text
from cube_install.deploy.reasons.evidence import Evidence, Reason, SeenContainer, seen_containers
from cube_install.deploy.reasons.missing import tells_of_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNMADE = {
    "ContainerCannotRun",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "StartError",
}
_LINES = 10
_LONGEST = 300


def have_failed(evidence: Evidence) -> tuple[SeenContainer, ...]:
    """The containers whose last lines tell more."""
    return tuple(one for one in seen_containers(evidence) if _ended_badly(one) or _holds_up(one))


def crash_reasons(evidence: Evidence) -> Iterator[Reason]:
    """For each container that cannot be made, ended badly, or holds up those after it."""
    for seen in seen_containers(evidence):
        if seen.waiting in _UNMADE:
            if not tells_of_missing(seen.message):
                yield _unmade(seen)
        elif _ended_badly(seen):
            yield _crashed(seen, evidence)
        elif _holds_up(seen):
            yield Reason(
                f"pod {seen.pod} still runs its init container {seen.name}{_lines(seen, evidence)}",
                "see what it waits for: kubectl logs",
            )
    yield from _evicted(evidence)


def _ended_badly(seen: SeenContainer) -> bool:
    """Whether its last end was none that was wanted; what runs well again is no reason."""
    if seen.is_ready or not seen.ended:
        return False
    return number(seen.ended, "exitCode") != 0 or seen.waiting == "CrashLoopBackOff"


def _holds_up(seen: SeenContainer) -> bool:
    return seen.starts and seen.is_running and not seen.is_ready


def _unmade(seen: SeenContainer) -> Reason:
    said = seen.message[:_LONGEST]
    return Reason(
        f"container {seen.name} of pod {seen.pod} cannot be made: {said or seen.waiting}",
        "make what it misses, or correct it in the stack",
    )


def _crashed(seen: SeenContainer, evidence: Evidence) -> Reason:
    subject = f"container {seen.name} of pod {seen.pod}"
    lines = _lines(seen, evidence)
    if text(seen.ended, "reason") == "OOMKilled":
        return Reason(
            f"{subject} was killed: it needed more memory than its limit allows{lines}",
            "raise its memory limit in the stack's manifests",
        )
    if "exec format error" in lines + text(seen.ended, "message"):
        return Reason(
            f"{subject} cannot run: its image is for another architecture than the node's",
            "build the bundle with --platform for the nodes' architecture, and push it",
        )
    code, count = number(seen.ended, "exitCode"), number(seen.status, "restartCount")
    again = f", {count} times" if count > 1 else ""
    return Reason(
        f"{subject} ends with exit code {code}{again}{lines}",
        f"read its log: kubectl -n {evidence.namespace} logs {seen.pod} -c {seen.name} --previous",
    )


def _lines(seen: SeenContainer, evidence: Evidence) -> str:
    told = evidence.logs.get((seen.pod, seen.name), "").strip().splitlines()[-_LINES:]
    return "".join(f"\n    | {line[:_LONGEST]}" for line in told)


def _evicted(evidence: Evidence) -> Iterator[Reason]:
    for pod in evidence.pods:
        if text(pod, "status", "reason") == "Evicted":
            said = text(pod, "status", "message")
            yield Reason(
                f"pod {text(pod, 'metadata', 'name')} was evicted: {said[:_LONGEST]}",
                "make room on the node, then delete that pod",
            )
