"""What of a stack is on the cluster, by the record there: for people and for machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cube_console.amounts import count_text
from cube_console.plain_text import plain_text
from cube_console.tables import table
from cube_install.deploy.gathering import Inquiry
from cube_install.deploy.lease import Holder
from cube_install.deploy.record.record import Record
from cube_install.deploy.record.revision import State
from cube_install.deploy.secrets.making import hidden_in
from cube_install.deploy.sightings import Sightings
from cube_install.deploy.standing import ComponentStanding, Health, standings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.deploy.record.revision import Revision
    from cube_install.kubernetes.cluster import Cluster

_TOLD = {
    State.APPLYING: "not all of it is applied; if no run is at work, it was killed: deploying "
    "again goes on from there",
    State.FAILED: "not all of it came up; deploy again when the reason is dealt with",
    State.REMOVED: "it was taken off; what was kept is told of by uninstall",
}


@dataclass(frozen=True)
class ClusterStatus:
    """The record of a cluster, who changes it, and how its latest revision stands."""

    server: str
    revisions: tuple[Revision, ...]
    holder: Holder | None
    components: tuple[ComponentStanding, ...]


def read_status(cluster: Cluster) -> ClusterStatus:
    """Ask the cluster. Raises AirgapError."""
    record, holder = Record.read(cluster), Holder.read(cluster)
    latest = record.latest
    if latest is None or latest.state is State.REMOVED:
        return ClusterStatus(cluster.server, record.revisions, holder, ())
    stack = record.stack(latest)
    hidden = hidden_in(cluster, stack.secrets)
    inquiry = Inquiry(Sightings(cluster, 2.0), stack.registry_host, hidden)
    return ClusterStatus(cluster.server, record.revisions, holder, standings(stack, inquiry))


def status_json(status: ClusterStatus) -> dict[str, Any]:
    """For machines."""
    return {
        "server": status.server,
        "revisions": [_revision_json(one) for one in status.revisions],
        "lease": _holder_json(status.holder) if status.holder else None,
        "components": [asdict(one) for one in status.components],
    }


def _revision_json(one: Revision) -> dict[str, Any]:
    return {
        "number": one.number,
        "bundle": str(one.bundle),
        "platform": one.platform,
        "began": one.began,
        "state": one.state,
        "told": one.told,
        "leftovers": [str(key) for key in one.leftovers],
    }


def _holder_json(one: Holder) -> dict[str, Any]:
    return {
        "holder": one.name,
        "since": one.since,
        "renewed": one.renewed,
        "hasEnded": one.has_ended,
    }


def status_lines(status: ClusterStatus) -> Iterator[str]:
    """For people."""
    if not status.revisions:
        yield f"nothing is deployed on {status.server}"
        yield from _at_work(status)
        return
    rows = [
        (str(one.number), one.began, one.bundle.short, one.platform, one.state)
        for one in status.revisions
    ]
    yield table(("REVISION", "WHEN (UTC)", "BUNDLE", "PLATFORM", "STATE"), rows)
    if status.components:
        yield ""
        yield table(("COMPONENT", "STATE", "UP", "OBJECTS"), [*map(_row, status.components)])
    yield from _reasons(status)
    yield _summary(status)
    yield from _at_work(status)


def _row(one: ComponentStanding) -> tuple[str, str, str, str]:
    ready = f"{one.ready}/{one.workloads}" if one.workloads else "-"
    return one.name, one.health, ready, f"{one.there}/{one.objects}"


def _reasons(status: ClusterStatus) -> Iterator[str]:
    for one in status.components:
        yield from (f"{one.name}: {plain_text(why)}" for why in one.why)


def _at_work(status: ClusterStatus) -> Iterator[str]:
    one = status.holder
    if one and one.has_ended:
        yield f"{one.name} was killed while it changed the stack"
    elif one:
        yield (
            f"{one.name} changes the stack since {one.since}; its last sign of life is of "
            f"{one.renewed[:19]}Z, by its clock"
        )


def _summary(status: ClusterStatus) -> str:
    latest = status.revisions[-1]
    up = sum(one.health is Health.UP for one in status.components)
    count = f"{up} of {count_text(len(status.components), 'component')} up on {status.server}"
    if latest.state is State.DONE:
        return f"revision {latest.number} is done: {count}"
    why = f" ({plain_text(latest.told)})" if latest.told else ""
    told = f"revision {latest.number} is {latest.state}{why}: {_TOLD[latest.state]}"
    return f"{told}\n{count}" if status.components else told
