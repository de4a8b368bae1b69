"""What is known about a workload that is not up: its pods, their events, the nodes and volumes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, part, parts, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, order=True)
class Reason:
    """Why something is not up, and what to do about it."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Evidence:
    """All that reasons are found in. Bodies are those of the API.

    `makers` are names of what makes the pods: the workload itself, and a Deployment's ReplicaSets.
    `logs` are last lines by pod and container, of those that have_failed() names. `registry` is
    HOST[:PORT] of the site's registry, and `namespace` where the workload is.
    """

    namespace: str
    registry: str = ""
    makers: tuple[str, ...] = ()
    pods: tuple[Body, ...] = ()
    events: tuple[Body, ...] = ()
    nodes: tuple[Body, ...] = ()
    claims: tuple[Body, ...] = ()
    volumes: tuple[Body, ...] = ()
    logs: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def messages(self, *reasons: str) -> list[str]:
        """What events with one of these reasons say of the pods and their makers, newest first."""
        names = {*self.makers, *(name_of(pod) for pod in self.pods)}
        found = [
            one
            for one in self.events
            if text(one, "reason") in reasons and text(one, "involvedObject", "name") in names
        ]
        found.sort(key=_when, reverse=True)
        return list(dict.fromkeys(text(one, "message").strip() for one in found))


@dataclass(frozen=True)
class SeenContainer:
    """A container of a pod as its status tells of it; `starts` are those that run before."""

    pod: str
    name: str
    image: str
    starts: bool
    status: Body

    @property
    def waiting(self) -> str:
        """The reason for which it waits; empty where it does not."""
        return text(self.status, "state", "waiting", "reason")

    @property
    def message(self) -> str:
        """What is said of its waiting."""
        return text(self.status, "state", "waiting", "message")

    @property
    def ended(self) -> Body:
        """How it ended last; empty where it never did."""
        return part(self.status, "state", "terminated") or part(
            self.status, "lastState", "terminated"
        )

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return "running" in part(self.status, "state")

    @property
    def is_ready(self) -> bool:
        """Whether its probes are content with it."""
        return self.status.get("ready") is True


def name_of(body: Body) -> str:
    """An object's name."""
    return text(body, "metadata", "name")


def seen_containers(evidence: Evidence) -> Iterator[SeenContainer]:
    """The containers of all pods that are not being deleted."""
    for pod in evidence.pods:
        if not text(pod, "metadata", "deletionTimestamp"):
            yield from _of_pod(pod, "initContainerStatuses", starts=True)
            yield from _of_pod(pod, "containerStatuses", starts=False)


def _of_pod(pod: Body, key: str, *, starts: bool) -> Iterator[SeenContainer]:
    for status in parts(pod, "status", key):
        image = text(status, "image")
        yield SeenContainer(name_of(pod), text(status, "name"), image, starts, status)


def _when(event: Body) -> str:
    return text(event, "lastTimestamp") or text(event, "eventTime")
