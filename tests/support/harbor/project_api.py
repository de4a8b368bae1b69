"""The double's calls about projects, their quota and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.answers import Answer, forbidden, json_answer, not_found, refuse
from tests.support.harbor.api import route
from tests.support.harbor.system_api import NOW

if TYPE_CHECKING:
    from tests.support.harbor.api import Call
    from tests.support.harbor.state import Json, Project

NEVER = "0001-01-01T00:00:00.000Z"


def project_json(call: Call, project: Project) -> Json:
    told = {
        "creation_time": NOW,
        "cve_allowlist": {
            "creation_time": NEVER,
            "id": project.number,
            "items": [],
            "project_id": project.number,
            "update_time": NEVER,
        },
        "metadata": project.metadata,
        "name": project.name,
        "owner_id": 1,
        "owner_name": project.owner,
        "project_id": project.number,
        "repo_count": len(project.repositories),
        "update_time": NOW,
    }
    if call.account.is_admin:
        return {**told, "current_user_role_id": 1, "current_user_role_ids": [1]}
    return {**told, "current_user_role_ids": None}


@route("GET /projects")
def list_projects(call: Call) -> Answer:
    seen = [
        project_json(call, one)
        for one in call.state.projects.values()
        if call.state.may(call.account, one, "repository", "pull")
    ]
    return call.page(seen)


@route("HEAD /projects")
def has_project(call: Call) -> Answer:
    call.known()
    return Answer(200 if call.request.one("project_name") in call.state.projects else 404)


@route("POST /projects")
def make_project(call: Call) -> Answer:
    wish = call.body("project")
    account = call.known()
    if account.robot and account.robot.level == "project":
        raise forbidden("Only system level robot can create project")
    if call.state.settings["project_creation_restriction"] == "adminonly" and not account.is_admin:
        raise forbidden("Only system admin can create project")
    limit = wish.get("storage_limit", -1) if account.is_admin else -1
    project = call.state.make_project(wish["project_name"], wish.get("metadata") or {}, limit)
    by_name = call.request.headers.get("X-Resource-Name-In-Location") == "true"
    return call.made(project.name if by_name else project.number)


@route("GET /projects/{project}")
def read_project(call: Call) -> Answer:
    return json_answer(project_json(call, call.project("project", "read")))


@route("PUT /projects/{project}")
def change_project(call: Call) -> Answer:
    project = call.project("project", "update")
    project.metadata |= call.body("project")["metadata"]
    return Answer(200)


@route("DELETE /projects/{project}")
def delete_project(call: Call) -> Answer:
    project = call.project("project", "delete")
    if project.repositories:
        what = "precondition failed: the project contains repositories, can not be deleted"
        raise refuse(412, "PRECONDITION", what)
    del call.state.projects[project.name]
    return Answer(200)


@route("GET /projects/{project}/summary")
def summary(call: Call) -> Answer:
    project = call.project("quota", "read")
    quota = {"hard": {"storage": project.limit}, "used": {"storage": project.used}}
    count = len(project.repositories)
    return json_answer({"project_admin_count": 1, "quota": quota, "repo_count": count})


@route("GET /quotas")
def list_quotas(call: Call) -> Answer:
    call.admin()
    number = call.request.one("reference_id")
    wanted = [
        one for one in call.state.projects.values() if not number or one.number == int(number)
    ]
    return call.page([_quota_json(one) for one in wanted])


@route("PUT /quotas/{number}")
def change_quota(call: Call) -> Answer:
    call.admin()
    project = call.state.by_number(int(call.values["number"]) - _QUOTA_OFFSET)
    if project is None:
        raise not_found(f"quota {call.values['number']} not found")
    project.limit = call.body("hard")["hard"]["storage"]
    return Answer(200)


# A quota's number is another than its project's.
_QUOTA_OFFSET = 1000


def _quota_json(project: Project) -> Json:
    return {
        "creation_time": NOW,
        "hard": {"storage": project.limit},
        "id": project.number + _QUOTA_OFFSET,
        "ref": {"id": project.number, "name": project.name, "owner_name": ""},
        "update_time": NOW,
        "used": {"storage": project.used},
    }


@route("GET /projects/{project}/immutabletagrules")
def list_immutability(call: Call) -> Answer:
    return call.page(call.project("immutable-tag", "list").immutability)


@route("POST /projects/{project}/immutabletagrules")
def make_immutability(call: Call) -> Answer:
    project = call.project("immutable-tag", "create")
    rule = call.body("ImmutableRule")
    rule = {key: value for key, value in rule.items() if value is not False}
    project.immutability.append({**rule, "id": next(call.state.numbers)})
    return call.made(project.immutability[-1]["id"])


@route("POST /retentions")
def make_retention(call: Call) -> Answer:
    call.admin()
    policy = call.body("policy")
    number = next(call.state.numbers)
    rules = [
        {key: value for key, value in rule.items() if value is not False}
        for rule in policy["rules"]
    ]
    settings = {**policy["trigger"]["settings"], "next_scheduled_time": NOW}
    trigger = {"kind": policy["trigger"]["kind"], "settings": settings}
    call.state.retentions[number] = {**policy, "id": number, "rules": rules, "trigger": trigger}
    project = call.state.by_number(policy["scope"]["ref"])
    if project is not None:
        project.metadata["retention_id"] = str(number)
    return call.made(number)


@route("GET /retentions/{number}")
def read_retention(call: Call) -> Answer:
    call.admin()
    return json_answer(call.state.retentions[int(call.values["number"])])
