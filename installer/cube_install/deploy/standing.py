"""How a stack stands on a cluster: component by component, against the record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_install.deploy.readiness import Stage, is_awaited, readiness

if TYPE_CHECKING:
    from cube_install.deploy.gathering import Inquiry
    from cube_install.kubernetes.object_key import ObjectKey
    from cube_install.stack.rendered import RenderedComponent, RenderedStack

_JOBS = 8
_UNTOLD = {"CustomResourceDefinition", "PersistentVolumeClaim", "Namespace", "APIService"}


class Health(StrEnum):
    """A component's state."""

    UP = "up"
    COMING = "not up"
    INCOMPLETE = "incomplete"  # objects are missing
    ABSENT = "absent"


@dataclass(frozen=True)
class ComponentStanding:
    """`ready` of `workloads` are up, `there` of `objects` exist; `why` has the reasons."""

    name: str
    health: Health
    ready: int
    workloads: int
    there: int
    objects: int
    why: tuple[str, ...]


def standings(stack: RenderedStack, inquiry: Inquiry) -> tuple[ComponentStanding, ...]:
    """Those of all components, in their order. Raises AirgapError."""
    return each(stack.components, partial(_of_component, inquiry), _JOBS)


def _of_component(inquiry: Inquiry, component: RenderedComponent) -> ComponentStanding:
    find = inquiry.sightings.find
    keys = [one.key for one in component.objects]
    missing = [key for key in keys if find(key) is None]
    awaited = [key for key in (*keys, *component.awaited) if is_awaited(key)]
    waiting = [key for key in awaited if readiness(key, find(key)).stage is not Stage.UP]
    workloads = [key for key in awaited if key.kind not in _UNTOLD]
    return ComponentStanding(
        component.name,
        _health(missing, waiting, len(keys)),
        sum(key not in waiting for key in workloads),
        len(workloads),
        len(keys) - len(missing),
        len(keys),
        _why(inquiry, missing, [key for key in waiting if key not in missing]),
    )


def _health(missing: list[ObjectKey], waiting: list[ObjectKey], count: int) -> Health:
    if missing:
        return Health.ABSENT if len(missing) == count else Health.INCOMPLETE
    return Health.COMING if waiting else Health.UP


def _why(inquiry: Inquiry, missing: list[ObjectKey], waiting: list[ObjectKey]) -> tuple[str, ...]:
    told = [f"{key} is not there" for key in missing[:3]]
    told += [f"{len(missing) - 3} more are not there"] if len(missing) > 3 else []
    for key in waiting:
        seen = readiness(key, inquiry.sightings.find(key))
        told += [one.what for one in inquiry.reasons(key)] or [f"{key}: {seen.told}"]
    return tuple(told)
