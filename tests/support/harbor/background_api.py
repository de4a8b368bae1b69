"""The double's calls about replication and preheating."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.answers import Answer, json_answer, not_found, refuse
from tests.support.harbor.api import route
from tests.support.harbor.project_api import NEVER
from tests.support.harbor.system_api import NOW

if TYPE_CHECKING:
    from tests.support.harbor.answers import Refused
    from tests.support.harbor.api import Call
    from tests.support.harbor.state import Json

_DEAD = ":1"  # nothing listens on port 1
_POLICIES = "/projects/{project}/preheat/policies"


def _hidden() -> Refused:
    """All that Harbor tells of whatever went wrong inside."""
    return refuse(500, "UNKNOWN", "internal server error")


def _is_dead(address: str) -> bool:
    return f"{address}/".partition("://")[2].partition("/")[0].endswith(_DEAD)


def _named(items: dict[int, Json], name: str) -> bool:
    return any(one["name"] == name for one in items.values())


def _matching(call: Call, items: dict[int, Json]) -> list[Json]:
    name = call.request.one("q").removeprefix("name=")
    return [one for one in items.values() if not name or one["name"] == name]


@route("POST /registries")
def make_registry(call: Call) -> Answer:
    call.admin()
    wish = call.body("registry")
    if _named(call.state.registries, wish["name"]):
        raise refuse(409, "CONFLICT", f"registry {wish['name']} already exists")
    if _is_dead(wish["url"]):
        raise _hidden()
    number = next(call.state.numbers)
    call.state.registries[number] = {**wish, "id": number}
    return call.made(number)


@route("GET /registries")
def list_registries(call: Call) -> Answer:
    call.admin()
    shown = [
        {key: value for key, value in one.items() if key != "credential"}
        for one in _matching(call, call.state.registries)
    ]
    return call.page(shown)


@route("PUT /registries/{number}")
def change_registry(call: Call) -> Answer:
    call.admin()
    wish = call.body("registry")
    if _is_dead(wish.get("url", "")):
        raise _hidden()
    call.state.registries[int(call.values["number"])] |= wish
    return Answer(200)


@route("POST /replication/policies")
def make_policy(call: Call) -> Answer:
    call.admin()
    wish = call.body("policy")
    if _named(call.state.policies, wish["name"]):
        raise refuse(409, "CONFLICT", f"replication policy {wish['name']} already exists")
    number = next(call.state.numbers)
    call.state.policies[number] = {**wish, "id": number}
    return call.made(number)


@route("GET /replication/policies")
def list_policies(call: Call) -> Answer:
    call.admin()
    return call.page(_matching(call, call.state.policies))


@route("PUT /replication/policies/{number}")
def change_policy(call: Call) -> Answer:
    call.admin()
    call.state.policies[int(call.values["number"])] |= call.body("policy")
    return Answer(200)


@route("POST /replication/executions")
def replicate(call: Call) -> Answer:
    call.admin()
    policy = call.body("execution")["policy_id"]
    if policy not in call.state.policies:
        raise not_found(f"replication policy {policy} not found")
    number = next(call.state.numbers)
    call.state.executions[number] = {
        "end_time": NEVER,
        "failed": 0,
        "id": number,
        "in_progress": 1,
        "policy_id": policy,
        "start_time": NOW,
        "status": "InProgress",
        "status_text": "",
        "stopped": 0,
        "succeed": 0,
        "total": 1,
        "trigger": "manual",
    }
    return call.made(number)


@route("GET /replication/executions/{number}")
def read_execution(call: Call) -> Answer:
    """It goes on when it is looked at: in progress at first, and done after that."""
    call.admin()
    execution = call.state.executions[int(call.values["number"])]
    shown = dict(execution)
    execution |= {"in_progress": 0, "status": "Succeed", "succeed": 1, "end_time": NOW}
    return json_answer(shown)


@route("GET /replication/executions/{number}/tasks")
def list_tasks(call: Call) -> Answer:
    """One for each repository of its filter; here it is always one, and done at once."""
    call.admin()
    number = int(call.values["number"])
    task = {
        "dst_resource": "mirror/a [1 item(s) in total]",
        "end_time": NOW,
        "execution_id": number,
        "id": number,
        "job_id": "a65e647e5443ef255a4aa187",
        "operation": "copy",
        "resource_type": "artifact",
        "src_resource": "p1/a [1 item(s) in total]",
        "start_time": NOW,
        "status": "Succeed",
    }
    return call.page([task])


@route("POST /p2p/preheat/instances")
def make_engine(call: Call) -> Answer:
    """A second one of the same name or address is no conflict to Harbor, but a failure."""
    call.admin()
    wish = call.body("instance")
    taken = {one["endpoint"] for one in call.state.engines.values()}
    if wish["name"] in call.state.engines or wish["endpoint"] in taken:
        raise _hidden()
    call.state.engines[wish["name"]] = {
        **wish,
        "default": False,
        "id": next(call.state.numbers),
        "setup_timestamp": 1_795_435_969,
        "status": "Unknown",
    }
    return call.made(wish["name"])


@route("GET /p2p/preheat/instances")
def list_engines(call: Call) -> Answer:
    call.admin()
    return call.page(list(call.state.engines.values()))


@route("GET /p2p/preheat/instances/{name}")
def read_engine(call: Call) -> Answer:
    call.admin()
    if call.values["name"] not in call.state.engines:
        raise not_found(f"instance {call.values['name']} not found")
    return json_answer(call.state.engines[call.values["name"]])


@route(f"POST {_POLICIES}")
def make_preheat(call: Call) -> Answer:
    project = call.project("preheat-policy", "create")
    wish = call.body("policy")
    if wish["name"] in project.preheat:
        raise refuse(409, "CONFLICT", f"policy {wish['name']} already exists")
    engines = {one["id"]: one["name"] for one in call.state.engines.values()}
    project.preheat[wish["name"]] = {
        **wish,
        "creation_time": NOW,
        "id": next(call.state.numbers),
        "project_id": project.number,
        "provider_name": engines[wish["provider_id"]],
        "update_time": NOW,
    }
    return call.made(wish["name"])


@route(f"GET {_POLICIES}/{{name}}")
def read_preheat(call: Call) -> Answer:
    return json_answer(call.project("preheat-policy", "read").preheat[call.values["name"]])


@route(f"POST {_POLICIES}/{{name}}")
def preheat(call: Call) -> Answer:
    project = call.project("preheat-policy", "update")
    call.body("policy")
    policy = project.preheat[call.values["name"]]
    engine = call.state.engines[policy["provider_name"]]
    if _is_dead(engine["endpoint"]):
        raise _hidden()
    number = next(call.state.numbers)
    where = f"{call.request.path}/executions/{number}"
    call.state.executions[number] = {"id": number, "status": "Running", "status_message": ""}
    return Answer(201, {"Location": where})


@route(f"GET {_POLICIES}/{{name}}/executions/{{number}}")
def read_preheating(call: Call) -> Answer:
    """Like a replication, it is done when it is looked at once more."""
    call.project("preheat-policy", "read")
    execution = call.state.executions[int(call.values["number"])]
    shown = dict(execution)
    execution["status"] = "Success"
    return json_answer(shown)
