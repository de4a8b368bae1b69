"""What deploying a stack would change in a cluster, told by the API server without doing it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_install.deploy.difference import FieldChange, field_changes
from cube_install.deploy.fitting import fitted
from cube_install.deploy.ownership import is_ours
from cube_install.deploy.record.record import Record
from cube_install.deploy.removal import DATA_KINDS, DEFINITION_KINDS
from cube_install.kubernetes.refusals import InvalidError, NotFoundError, NotServedError

if TYPE_CHECKING:
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.kubernetes.object_key import ObjectKey
    from cube_install.stack.rendered import RenderedObject, RenderedStack

_JOBS = 8


class Fate(StrEnum):
    """What would become of an object."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "unchanged"
    REPLACED = "run again"  # a Job
    REFUSED = "refused"
    DELETED = "deleted"
    LEFT = "left there"  # none of the stack any more, and nothing that is deleted by itself


@dataclass(frozen=True)
class Difference:
    """One object's; `told` says why it is refused."""

    key: ObjectKey
    fate: Fate
    origin: str = ""
    fields: tuple[FieldChange, ...] = ()
    told: str = ""


def compare(cluster: Cluster, stack: RenderedStack) -> tuple[Difference, ...]:
    """What would become of each object of the stack, and of those of the last one.

    Nothing is changed. Raises AirgapError.
    """
    stack = fitted(stack, cluster)
    found = each(stack.objects, partial(_of_object, cluster), _JOBS)
    record = Record.read(cluster)
    gone: set[ObjectKey] = set()
    if record.latest:
        gone = {*record.stack(record.latest).keys, *record.latest.leftovers} - stack.keys
    leaving = each(sorted(gone), partial(_of_leftover, cluster), _JOBS)
    return (*found, *(one for one in leaving if one))


def _of_object(cluster: Cluster, one: RenderedObject) -> Difference:
    live = cluster.get(one.key)
    if live is None:
        return Difference(one.key, Fate.NEW, one.origin)
    try:
        would = cluster.dry_apply(one.body).body
    except (NotFoundError, NotServedError):
        return Difference(one.key, Fate.NEW, one.origin)
    except InvalidError as error:
        if one.key.kind == "Job" and error.is_immutable:
            fields = field_changes(_selected(live, one), one.body)
            return Difference(one.key, Fate.REPLACED, one.origin, fields)
        return Difference(one.key, Fate.REFUSED, one.origin, told=error.what)
    fields = field_changes(live, would)
    return Difference(one.key, Fate.CHANGED if fields else Fate.SAME, one.origin, fields)


def _selected(live: dict[str, object], one: RenderedObject) -> dict[str, object]:
    """Of a Job that is there only what the stack says of it: the rest are defaults."""
    return _overlap(live, one.body)


def _overlap(live: dict[str, object], wanted: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in wanted.items():
        there = live.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            found[key] = _overlap(there, value)
        elif isinstance(value, list) and isinstance(there, list) and len(value) == len(there):
            found[key] = [
                _overlap(old, new) if isinstance(old, dict) and isinstance(new, dict) else old
                for old, new in zip(there, value, strict=True)
            ]
        elif key in live:
            found[key] = there
    return found


def _of_leftover(cluster: Cluster, key: ObjectKey) -> Difference | None:
    live = cluster.get(key)
    if live is None:
        return None
    is_kept = key.kind in DATA_KINDS | DEFINITION_KINDS or not is_ours(live)
    return Difference(key, Fate.LEFT if is_kept else Fate.DELETED)
