"""The double's calls about Harbor as a whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.support.harbor.answers import Answer, json_answer, refuse, text_answer, unauthorized
from tests.support.harbor.api import route

if TYPE_CHECKING:
    from tests.support.harbor.api import Call

NOW = "2026-01-01T00:00:00.000Z"
SERVICES = ("core", "database", "jobservice", "portal", "redis", "registry", "registryctl")


@route("GET /ping")
def ping(call: Call) -> Answer:
    return text_answer(200, "Pong", "text/plain")


@route("GET /systeminfo")
def system_info(call: Call) -> Answer:
    """The version is for everybody up to 2.12; the rest for those who are known."""
    state = call.state
    told: dict[str, Any] = {
        "auth_mode": "db_auth",
        "banner_message": "",
        "primary_auth_mode": False,
        "self_registration": False,
    }
    if not state.is_old:
        told["oidc_provider_name"] = ""
    if state.is_old or call.account.is_known:
        told["harbor_version"] = state.version_text
    if call.account.is_known:
        told |= {
            "current_time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "external_url": state.external_url,
            "has_ca_root": False,
            "notification_enable": True,
            "project_creation_restriction": state.settings["project_creation_restriction"],
            "read_only": state.settings["read_only"],
            "registry_storage_provider_name": "filesystem",
            "registry_url": state.external_url.partition("://")[2],
        }
    return json_answer(told)


@route("GET /systeminfo/volumes")
def volumes(call: Call) -> Answer:
    call.admin()
    return json_answer({"storage": call.state.volumes})


@route("GET /health")
def health(call: Call) -> Answer:
    components = [
        {"name": name, "status": "unhealthy", "error": call.state.sick[name]}
        if name in call.state.sick
        else {"name": name, "status": "healthy"}
        for name in SERVICES
    ]
    status = "unhealthy" if call.state.sick else "healthy"
    return json_answer({"components": components, "status": status})


@route("GET /users/current")
def current_user(call: Call) -> Answer:
    if not call.account.is_known:
        raise unauthorized()
    if call.account.robot:
        what = "get current user not available for security context: robot"
        raise refuse(412, "PRECONDITION", what)
    user = {
        "admin_role_in_auth": False,
        "comment": "",
        "creation_time": NOW,
        "realname": "",
        "sysadmin_flag": call.account.is_admin,
        "update_time": NOW,
        "user_id": 1,
        "username": call.account.name,
    }
    return json_answer(user)


@route("PUT /configurations")
def configure(call: Call) -> Answer:
    call.admin()
    call.state.settings |= call.body("configurations")
    return Answer(200)


@route("GET /system/gc")
def collections(call: Call) -> Answer:
    call.admin()
    return call.page(call.state.collections[::-1])


@route("GET /system/gc/schedule")
def collection_schedule(call: Call) -> Answer:
    """Nothing at all when there is none."""
    call.admin()
    plan = call.state.collection_schedule
    return json_answer(plan) if plan else Answer(200, {"Content-Type": "application/json"})


@route("POST /system/gc/schedule")
def collect(call: Call) -> Answer:
    call.admin()
    wish = call.body("schedule")
    number = next(call.state.numbers)
    call.state.collections.append(
        {
            "creation_time": NOW,
            "id": number,
            "job_kind": wish["schedule"]["type"].upper(),
            "job_name": "GARBAGE_COLLECTION",
            "job_parameters": "{}",
            "job_status": "Success",
            "schedule": {"next_scheduled_time": NOW, "type": wish["schedule"]["type"]},
            "update_time": NOW,
        }
    )
    return Answer(201, {"Location": f"/api/v2.0/system/gc/{number}"})
