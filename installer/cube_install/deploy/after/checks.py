"""All checks of a deployment: where images come from, what is up, and whether the entry answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_install.deploy.after.entry import entry_findings, entry_url
from cube_install.deploy.after.origins import origin_findings
from cube_install.deploy.body import Body, text
from cube_install.deploy.deadline import Deadline
from cube_install.deploy.gathering import pods_of
from cube_install.deploy.readiness import Stage, is_awaited, readiness
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cube_install.deploy.sightings import Sightings
    from cube_install.kubernetes.object_key import ObjectKey
    from cube_install.stack.rendered import RenderedStack

# A gateway takes a while to learn its ways after it is up.
_ENTRY_SECONDS = 60
_WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Job"}


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what of it is not as it should be."""

    url: str
    pods: int
    workloads: int
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether there is no error among the findings."""
        return not any(one.severity is Severity.ERROR for one in self.findings)


def check(stack: RenderedStack, sightings: Sightings, note: Callable[[str], None]) -> Checked:
    """Look at all of it; `note` is told what is waited for.

    Raises AirgapError where the cluster cannot be asked.
    """
    keys = workload_keys(stack)
    findings = list(_not_up(keys, sightings))
    pods, others, events = _seen(stack, keys, sightings)
    findings += origin_findings(pods, others, events, stack.registry_host)
    url = entry_url(stack.values)
    if url:
        findings += entry_findings(url, Deadline(_ENTRY_SECONDS), note)
    workloads = [key for key in keys if key.kind in _WORKLOADS]
    return Checked(url, len(pods), len(workloads), tuple(findings))


def workload_keys(stack: RenderedStack) -> tuple[ObjectKey, ...]:
    """Everything of a stack that can be waited for, what operators make included."""
    keys = (
        key
        for component in stack.components
        for key in (*(one.key for one in component.objects), *component.awaited)
    )
    return tuple(dict.fromkeys(key for key in keys if is_awaited(key)))


def _not_up(keys: tuple[ObjectKey, ...], sightings: Sightings) -> Iterator[Finding]:
    for key in keys:
        seen = readiness(key, sightings.find(key))
        is_unused = (
            key.kind == "PersistentVolumeClaim"
        )  # it may be bound when a user's pod needs it
        if seen.stage is not Stage.UP and not is_unused:
            yield Finding(
                Severity.ERROR,
                f"{key} is not up: {seen.told}",
                "see cube-install status",
            )


def _seen(
    stack: RenderedStack, keys: tuple[ObjectKey, ...], sightings: Sightings
) -> tuple[list[Body], list[Body], list[Body]]:
    """The stack's pods, others in the namespaces that it makes, and events of all of them."""
    pods: dict[str, Body] = {}
    for key in keys:
        body = sightings.find(key)
        if body is not None and key.kind in _WORKLOADS:
            for pod in pods_of(key, body, sightings)[1]:
                pods[text(pod, "metadata", "uid")] = pod
    there = [pod for place in stack.made_namespaces for pod in sightings.list("", "Pod", place)]
    others = [one for one in there if text(one, "metadata", "uid") not in pods]
    events = [event for place in stack.namespaces for event in sightings.list("", "Event", place)]
    return list(pods.values()), others, events
