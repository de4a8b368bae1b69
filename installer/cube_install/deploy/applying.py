"""Applying one object, and what is to be done where the API server does not take it as it is."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.errors import ClusterError
from cube_install.deploy.body import text
from cube_install.deploy.immutable import explained
from cube_install.deploy.ownership import other_managers
from cube_install.deploy.readiness import Stage, readiness
from cube_install.deploy.record.stack_form import lacks_content
from cube_install.kubernetes.applied import Applied, Change
from cube_install.kubernetes.refusals import InvalidError, RefusalError

if TYPE_CHECKING:
    from cube_airgap.progress import Progress
    from cube_install.deploy.deadline import Deadline
    from cube_install.deploy.sightings import Sightings
    from cube_install.stack.rendered import RenderedObject

_JOBS = 8
_LOOK = 0.2
_TOLD = 5
_ROLLING = "spec.strategy.rollingUpdate"


@dataclass
class Applier:
    """Applies objects, at most eight at the same time; safe to use from several threads.

    `before` shows what was there at the beginning. `changes` counts what became of all objects.
    """

    sightings: Sightings
    before: Sightings
    progress: Progress
    changes: Counter[Change] = field(default_factory=Counter)
    _slots: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(_JOBS)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _warned: set[str] = field(default_factory=set)

    def apply(self, one: RenderedObject, deadline: Deadline) -> Change:
        """See that the object is as the stack has it; what became of it. Raises AirgapError."""
        if lacks_content(one.body):
            self.progress.note(f"{one.key} stays as it is: no record has a secret's content")
            self.progress.item_done(str(one.key))
            return Change.UNCHANGED
        with self._slots:
            self._tell_conflicts(one)
            applied = self._applied(one, deadline)
        with self._lock:
            self.changes[applied.change] += 1
            new = [text for text in applied.warnings if text not in self._warned]
            self._warned.update(new)
        for warning in new:
            self.progress.note(f"{one.key}: the cluster warns: {warning}")
        self.progress.item_done(str(one.key))
        return applied.change

    def _applied(self, one: RenderedObject, deadline: Deadline) -> Applied:
        is_job = one.key.kind == "Job"
        try:
            applied = self.sightings.cluster.apply(one.body)
        except InvalidError as error:
            if any(cause.field == _ROLLING for cause in error.causes):
                return self._recreating(one)
            if not error.is_immutable:
                raise
            if is_job:
                return self._replaced(one, deadline)
            raise explained(one, error) from error
        if is_job and applied.change is Change.UNCHANGED and _has_failed(one, applied):
            return self._replaced(one, deadline)
        return applied

    def _tell_conflicts(self, one: RenderedObject) -> None:
        """Say what is about to be taken from others; the stack is what counts (docs/deploy.md)."""
        there = self.before.find(one.key)
        others = other_managers(there) if there else set()
        if not others:
            return
        by_manager: dict[str, list[str]] = defaultdict(list)
        with suppress(RefusalError):  # what the server refuses is told when it is applied
            for conflict in self.sightings.cluster.conflicts(one.body):
                if conflict.manager in others:
                    by_manager[conflict.manager].append(conflict.field)
        for manager, fields in by_manager.items():
            told = ", ".join(fields[:_TOLD]) + (", …" if len(fields) > _TOLD else "")
            self.progress.note(f"{one.key}: taken over from {manager}: {told}")

    def _recreating(self, one: RenderedObject) -> Applied:
        """What a default has filled in is in the way, and no apply takes it out."""
        strategy = {"type": "Recreate", "rollingUpdate": None}
        self.sightings.cluster.patch(one.key, {"spec": {"strategy": strategy}})
        return self.sightings.cluster.apply(one.body)

    def _replaced(self, one: RenderedObject, deadline: Deadline) -> Applied:
        """A Job is run again by deleting it: nobody can change one."""
        there = self.sightings.cluster.get(one.key) or {}
        uid = text(there, "metadata", "uid")
        self.sightings.cluster.delete(one.key, propagation="Background", uid=uid)
        while text(self.sightings.cluster.get(one.key) or {}, "metadata", "uid") == uid != "":
            if deadline.is_past:
                raise ClusterError(
                    f"{one.key} was deleted to be run again, and does not go",
                    remedy="see its finalizers: kubectl get job -o yaml",
                )
            threading.Event().wait(_LOOK)
        self.progress.note(f"{one.key} is run again")
        return self.sightings.cluster.apply(one.body)


def _has_failed(one: RenderedObject, applied: Applied) -> bool:
    return readiness(one.key, applied.body).stage is Stage.FAILED
