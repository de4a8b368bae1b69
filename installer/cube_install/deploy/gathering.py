"""Collecting what is known about an object that is not up, and finding the reasons in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError
from cube_install.deploy.ownership import owned
from cube_install.deploy.readiness import readiness
from cube_install.deploy.reasons.crashes import have_failed
from cube_install.deploy.reasons.diagnosis import diagnose
from cube_install.deploy.reasons.evidence import Evidence, Reason, name_of
from cube_install.deploy.reasons.volumes import claim_reasons
from cube_install.deploy.secrets.hiding import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_harbor.secret import Secret
    from cube_install.deploy.body import Body
    from cube_install.deploy.sightings import Sightings
    from cube_install.kubernetes.object_key import ObjectKey

_LINES = 20
_PODS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"}


@dataclass(frozen=True)
class Inquiry:
    """Asks a cluster why something is not up; `hidden` are secrets that logs must not show."""

    sightings: Sightings
    registry: str
    hidden: Iterable[Secret] = ()

    def reasons(self, key: ObjectKey) -> tuple[Reason, ...]:
        """Why the object is not up; none where nothing is known. Raises AirgapError."""
        body = self.sightings.find(key)
        if body is None:
            return (Reason(f"{key} is not there", "see what is to make it: its operator, mostly"),)
        if key.kind == "PersistentVolumeClaim":
            return tuple(claim_reasons(key.name, self._of_namespace(key.namespace)))
        if key.kind in _PODS:
            return self._of_workload(key, body)
        told = readiness(key, body).told
        return (Reason(f"{key}: {told}", "see: kubectl describe"),) if told else ()

    def _of_workload(self, key: ObjectKey, body: Body) -> tuple[Reason, ...]:
        makers, mine = pods_of(key, body, self.sightings)
        evidence = replace(
            self._of_namespace(key.namespace),
            makers=tuple(name_of(one) for one in makers),
            pods=tuple(mine),
            nodes=tuple(self.sightings.list("", "Node")),
        )
        return diagnose(replace(evidence, logs=self._logs(evidence)))

    def _of_namespace(self, namespace: str) -> Evidence:
        see = self.sightings.list
        return Evidence(
            namespace,
            self.registry,
            events=tuple(see("", "Event", namespace)),
            claims=tuple(see("", "PersistentVolumeClaim", namespace)),
            volumes=tuple(see("", "PersistentVolume")),
        )

    def _logs(self, evidence: Evidence) -> dict[tuple[str, str], str]:
        found = {}
        for seen in have_failed(evidence):
            try:
                said = self.sightings.cluster.logs(
                    evidence.namespace,
                    seen.pod,
                    seen.name,
                    lines=_LINES,
                    of_previous=bool(seen.waiting),
                )
            except AirgapError:  # the runtime has thrown them away, or may not be asked
                continue
            found[seen.pod, seen.name] = without_secrets(said, self.hidden)
        return found


def pods_of(key: ObjectKey, body: Body, sightings: Sightings) -> tuple[list[Body], list[Body]]:
    """What makes a workload's pods, itself included, and the pods. Raises AirgapError."""
    if key.kind == "Pod":
        return [body], [body]
    makers = [body]
    if key.kind == "Deployment":
        makers += owned(sightings.list("apps", "ReplicaSet", key.namespace), [body])
    return makers, owned(sightings.list("", "Pod", key.namespace), makers)
