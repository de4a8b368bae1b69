"""One component on its way: its phases in order, each up before what needs it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_install.deploy.deadline import Deadline
from cube_install.deploy.endpoints import called_services
from cube_install.deploy.phases import Phase, in_phases
from cube_install.deploy.readiness import is_awaited
from cube_install.deploy.reports import is_reporting, tell_report
from cube_install.deploy.waiting import stopped
from cube_install.kubernetes.applied import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_install.deploy.applying import Applier
    from cube_install.deploy.waiting import Waiting
    from cube_install.kubernetes.object_key import ObjectKey
    from cube_install.stack.rendered import RenderedComponent, RenderedObject

_JOBS = 8


@dataclass(frozen=True)
class ComponentRun:
    """Brings components up."""

    applier: Applier
    waiting: Waiting

    def bring_up(self, component: RenderedComponent) -> None:
        """Apply all objects, and return when all of it is up. Raises AirgapError.

        Namespaces are there already.
        """
        deadline = Deadline(component.deadline)
        pending: list[ObjectKey] = []
        done: list[RenderedObject] = []
        for phase, objects in in_phases(component.objects):
            if phase is Phase.NAMESPACES:
                continue
            if phase >= Phase.EXTENSIONS:
                called = called_services(one.body for one in objects)
                self._await(component, [*pending, *called], deadline)
                pending = []
            done += self._apply(component, objects, deadline)
            pending += [one.key for one in objects if is_awaited(one.key)]
            if phase is Phase.DEFINITIONS:
                self._await(component, pending, deadline)
                pending = []
        self._await(component, [*pending, *component.awaited], deadline)
        for one in done:
            tell_report(one, self.waiting.inquiry, self.applier.progress)

    def _apply(
        self, component: RenderedComponent, objects: Sequence[RenderedObject], deadline: Deadline
    ) -> list[RenderedObject]:
        """Those that have something to tell when they are done."""
        if self.waiting.stop.is_set():
            raise stopped(component.name)
        changes = each(objects, partial(self.applier.apply, deadline=deadline), _JOBS)
        pairs = zip(objects, changes, strict=True)
        return [one for one, what in pairs if what is not Change.UNCHANGED and is_reporting(one)]

    def _await(
        self, component: RenderedComponent, keys: Sequence[ObjectKey], deadline: Deadline
    ) -> None:
        if keys:
            self.waiting.until_up(component.name, keys, deadline)
