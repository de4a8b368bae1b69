"""Copying a project to further Harbors with Harbor's own replication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import NetworkError, UsageError
from cube_harbor.api import API, ApiCall
from cube_harbor.execution import wait_until_finished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_harbor.api import HarborApi
    from cube_harbor.execution import Deadline
    from cube_harbor.fields import Fields
    from cube_harbor.secret import Secret

# A status of Harbor's before 2.0 kept in the API (harbor, src/server/v2.0/handler/replication.go).
_RUNNING = "InProgress"
_DONE = "Succeed"
_FAILED_TASK = "Failed"


@dataclass(frozen=True)
class OtherHarbor:
    """A Harbor to copy to, as this one reaches it.

    `is_insecure` lets this Harbor speak to it without verified TLS.
    """

    name: str
    url: str
    username: str
    secret: Secret
    is_insecure: bool = False


@dataclass(frozen=True)
class ReplicationRule:
    """What is copied where: all of `project` into the project `target_project` of a registry.

    `overrides` says whether a tag over there may be moved.
    """

    name: str
    registry: int
    project: str
    target_project: str
    overrides: bool = True


@dataclass(frozen=True)
class ReplicationRun:
    """How a replication stands, in numbers of tasks."""

    number: int
    status: str
    total: int
    failed: int
    succeeded: int
    told: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.status != _RUNNING

    @property
    def is_success(self) -> bool:
        """Whether everything was copied."""
        return self.status == _DONE


@dataclass(frozen=True)
class ReplicationTask:
    """The copying of one repository."""

    number: int
    source: str
    target: str
    status: str


def register(api: HarborApi, other: OtherHarbor) -> int:
    """Make another Harbor known to this one, or bring its entry up to date; return its number.

    Raises AirgapError.
    """
    what = f"register the Harbor {other.name} ({other.url})"
    body: dict[str, Any] = {"name": other.name, "type": "harbor", "url": other.url}
    body |= {"insecure": other.is_insecure, "credential": _credential(other)}
    reply = api.ask(ApiCall(f"{API}/registries", "POST", body))
    if reply.status == 201 and reply.new_number is not None:
        return reply.new_number
    if reply.status == 409:
        return _update(api, other)
    if reply.status == 500:
        raise _unreached(api, other)
    raise api.refusal(reply, what)


def make_rule(api: HarborApi, rule: ReplicationRule) -> int:
    """Make a rule, or bring the one of that name up to date; return its number.

    Raises AirgapError.
    """
    body = rule_body(rule)
    reply = api.ask(ApiCall(f"{API}/replication/policies", "POST", body))
    if reply.status == 201 and reply.new_number is not None:
        return reply.new_number
    if reply.status != 409:
        raise api.refusal(reply, f"make the replication rule {rule.name}")
    number = _number_of(api, f"{API}/replication/policies", rule.name)
    call = ApiCall(f"{API}/replication/policies/{number}", "PUT", body)
    api.send(call, f"change the replication rule {rule.name}")
    return number


def rule_body(rule: ReplicationRule) -> dict[str, Any]:
    """What Harbor's API wants to be sent for a rule."""
    return {
        "name": rule.name,
        "description": "made by cube-install",
        "dest_registry": {"id": rule.registry},
        "dest_namespace": rule.target_project,
        # Only the project is replaced; what follows it in a repository's name stays.
        "dest_namespace_replace_count": 1,
        "filters": [{"type": "name", "value": f"{rule.project}/**"}],
        "trigger": {"type": "manual"},
        "enabled": True,
        "override": rule.overrides,
    }


def start_replication(api: HarborApi, rule: int) -> int:
    """Let a rule run once now; return the number of the run. Raises AirgapError."""
    call = ApiCall(f"{API}/replication/executions", "POST", {"policy_id": rule}, makes_one=True)
    reply = api.send(call, f"start the replication rule {rule}")
    if reply.new_number is None:
        raise NetworkError(
            f"{api.host} does not say which replication it started",
            remedy="look at the executions of the rule in Harbor",
        )
    return reply.new_number


def read_replication(api: HarborApi, number: int) -> ReplicationRun:
    """How a run stands. Raises AirgapError."""
    path = f"{API}/replication/executions/{number}"
    return parse_replication(api.item(path, f"the replication {number}"))


def parse_replication(value: Fields) -> ReplicationRun:
    """From Harbor's `ReplicationExecution`. Raises NetworkError."""
    return ReplicationRun(
        value.number("id"),
        value.text("status"),
        value.number("total"),
        value.number("failed"),
        value.number("succeed"),
        value.text("status_text"),
    )


def wait_for_replication(api: HarborApi, number: int, deadline: Deadline) -> ReplicationRun:
    """The run when it is finished, well or not. Raises AirgapError."""
    what = f"the replication {number} of {api.host}"
    return wait_until_finished(lambda: read_replication(api, number), deadline, api.retries, what)


def failed_tasks(api: HarborApi, number: int) -> Iterator[ReplicationTask]:
    """What was not copied in a run. Raises AirgapError, while it is consumed."""
    path = f"{API}/replication/executions/{number}/tasks"
    for one in api.items(path, f"the tasks of the replication {number}"):
        if one.text("status") == _FAILED_TASK:
            source, target = one.text("src_resource"), one.text("dst_resource")
            yield ReplicationTask(one.number("id"), source, target, one.text("status"))


def _credential(other: OtherHarbor) -> dict[str, str]:
    secret = other.secret.reveal()
    return {"type": "basic", "access_key": other.username, "access_secret": secret}


def _update(api: HarborApi, other: OtherHarbor) -> int:
    number = _number_of(api, f"{API}/registries", other.name)
    credential = _credential(other)
    body = {"name": other.name, "url": other.url, "insecure": other.is_insecure, **credential}
    body["credential_type"] = body.pop("type")
    reply = api.ask(ApiCall(f"{API}/registries/{number}", "PUT", body))
    if reply.status == 500:
        raise _unreached(api, other)
    if reply.status != 200:
        raise api.refusal(reply, f"change the entry of the Harbor {other.name}")
    return number


def _number_of(api: HarborApi, path: str, name: str) -> int:
    for one in api.items(path, f"what has the name {name}", {"q": f"name={name}"}):
        if one.text("name") == name:
            return one.number("id")
    raise UsageError(
        f"{api.host} says that the name {name} is taken, but does not show by what",
        remedy="choose another name, or have it deleted by whoever may",
    )


def _unreached(api: HarborApi, other: OtherHarbor) -> NetworkError:
    return NetworkError(
        f"{api.host} cannot reach {other.url}, or is not let in there",
        remedy="check the address as seen from Harbor's own host, its certificate, and the login; "
        "Harbor tells no more than that it failed",
    )
