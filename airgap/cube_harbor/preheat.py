"""Spreading images to nodes ahead of time, over a P2P engine that Harbor drives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cube_airgap.errors import NetworkError, UsageError
from cube_harbor.api import API, ApiCall, project_path
from cube_harbor.execution import wait_until_finished

if TYPE_CHECKING:
    from cube_harbor.api import HarborApi
    from cube_harbor.execution import Deadline
    from cube_harbor.fields import Fields

_ENGINES = f"{API}/p2p/preheat/instances"
# harbor, src/jobservice/job/status.go
_FINISHED = {"Success", "Error", "Stopped"}


class Vendor(StrEnum):
    """The engines that Harbor knows."""

    DRAGONFLY = "dragonfly"
    KRAKEN = "kraken"


@dataclass(frozen=True)
class Engine:
    """A P2P engine, and where its manager answers, as Harbor reaches it."""

    name: str
    endpoint: str
    vendor: Vendor = Vendor.DRAGONFLY
    is_insecure: bool = False


@dataclass(frozen=True)
class PreheatPolicy:
    """Which images of `project` an engine is to spread; the patterns are Harbor's (doublestar)."""

    name: str
    project: str
    engine: str
    repositories: str = "**"
    tags: str = "**"


@dataclass(frozen=True)
class PreheatRun:
    """How the spreading stands."""

    number: int
    status: str
    told: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in _FINISHED

    @property
    def is_success(self) -> bool:
        """Whether every image was spread."""
        return self.status == "Success"


def make_engine(api: HarborApi, engine: Engine) -> bool:
    """Make an engine known to Harbor, and tell whether it was not before. Raises AirgapError.

    An engine that has the name already is left as it is.
    """
    # To a second one of the same name or address Harbor answers 500, so they are looked for first.
    for one in api.items(_ENGINES, "P2P engines"):
        if one.text("name") == engine.name:
            return False
        if one.text("endpoint") == engine.endpoint:
            raise UsageError(
                f"{api.host} knows the P2P engine at {engine.endpoint} as {one.text('name')}",
                remedy="use that name for it",
            )
    body: dict[str, Any] = {
        "name": engine.name,
        "vendor": str(engine.vendor),
        "endpoint": engine.endpoint,
    }
    body |= {"auth_mode": "NONE", "enabled": True, "insecure": engine.is_insecure}
    reply = api.ask(ApiCall(_ENGINES, "POST", body))
    if reply.status == 201:
        return True
    raise api.refusal(reply, f"register the P2P engine {engine.name} ({engine.endpoint})")


def find_engine(api: HarborApi, endpoint: str) -> str | None:
    """The name of the engine at `endpoint`, if Harbor knows it; each may be known once only.

    Raises AirgapError.
    """
    for one in api.items(f"{API}/p2p/preheat/instances", "P2P engines"):
        if one.text("endpoint") == endpoint:
            return one.text("name")
    return None


def make_preheat_policy(api: HarborApi, policy: PreheatPolicy) -> bool:
    """Make a policy, and tell whether it was not there before. Raises AirgapError."""
    engine = api.item(_engine_path(policy.engine), f"the P2P engine {policy.engine}")
    body = policy_body(policy, engine.number("id"))
    reply = api.ask(ApiCall(_policies(policy), "POST", body))
    if reply.status in {201, 409}:
        return reply.status == 201
    raise api.refusal(reply, f"make the preheat policy {policy.name} of {policy.project}")


def policy_body(policy: PreheatPolicy, engine: int) -> dict[str, Any]:
    """What Harbor's API wants to be sent for a policy; filters and trigger are JSON in texts."""
    filters = [
        {"type": "repository", "value": policy.repositories},
        {"type": "tag", "value": policy.tags},
    ]
    return {
        "name": policy.name,
        "provider_id": engine,
        "filters": json.dumps(filters),
        "trigger": json.dumps({"type": "manual", "trigger_setting": {"cron": ""}}),
        "enabled": True,
    }


def start_preheat(api: HarborApi, policy: PreheatPolicy) -> int:
    """Let a policy run once now; return the number of the run. Raises AirgapError."""
    path = f"{_policies(policy)}/{quote(policy.name, safe='')}"
    what = f"run the preheat policy {policy.name} of {policy.project}"
    kept = api.get(path, f"read the preheat policy {policy.name}").body
    # Harbor wants the policy to be sent back to it, and answers 422 to an empty body.
    reply = api.ask(ApiCall(path, "POST", kept, makes_one=True))
    if reply.status == 500:
        raise NetworkError(
            f"{api.host} fails to {what}",
            remedy=f"check that the P2P engine {policy.engine} runs and that Harbor reaches it",
        )
    if reply.status != 201:
        raise api.refusal(reply, what)
    if reply.new_number is None:
        raise NetworkError(
            f"{api.host} does not say which run of the preheat policy it started",
            remedy="look at the executions of the policy in Harbor",
        )
    return reply.new_number


def read_preheat(api: HarborApi, policy: PreheatPolicy, number: int) -> PreheatRun:
    """How a run stands. Raises AirgapError."""
    path = f"{_policies(policy)}/{quote(policy.name, safe='')}/executions/{number}"
    return parse_preheat(api.item(path, f"the preheating {number}"))


def parse_preheat(value: Fields) -> PreheatRun:
    """From Harbor's `Execution`. Raises NetworkError."""
    return PreheatRun(value.number("id"), value.text("status"), value.text("status_message"))


def wait_for_preheat(
    api: HarborApi, policy: PreheatPolicy, number: int, deadline: Deadline
) -> PreheatRun:
    """The run when it is finished, well or not. Raises AirgapError."""
    what = f"the preheating {number} of {policy.project}"
    look = lambda: read_preheat(api, policy, number)  # noqa: E731
    return wait_until_finished(look, deadline, api.retries, what)


def _engine_path(name: str) -> str:
    return f"{_ENGINES}/{quote(name, safe='')}"


def _policies(policy: PreheatPolicy) -> str:
    return f"{project_path(policy.project)}/preheat/policies"
