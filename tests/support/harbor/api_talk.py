"""Asking Harbor's API about itself, projects and robots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.content import LIMIT
from tests.support.harbor.talk import ANONYMOUS, Talk, basic

if TYPE_CHECKING:
    from typing import Any

API = "/api/v2.0"
# Not the administrator: Harbor locks a name for a moment after a wrong password.
BAD = basic("cube-nobody", "wrong")
PUSH_AND_PULL = [
    {"resource": "repository", "action": "push"},
    {"resource": "repository", "action": "pull"},
]


def talk_about_projects(talk: Talk) -> None:
    ask = talk.ask
    ask("ping", f"GET {API}/ping", ANONYMOUS, seen="p1:")
    ask("API version", "GET /api/version", ANONYMOUS, seen="p1:")
    ask("system info without login", f"GET {API}/systeminfo", ANONYMOUS, seen="p1:")
    ask("system info", f"GET {API}/systeminfo", seen="p1:#2")
    ask("system info with a wrong password", f"GET {API}/systeminfo", BAD, seen="p1:badpw")
    ask("projects with a wrong password", f"GET {API}/projects", BAD, seen="p1:badpw")
    ask("current user with a wrong password", f"GET {API}/users/current", BAD, seen="p1:badpw")
    ask("current user", f"GET {API}/users/current", seen="p1:")
    _make_projects(talk)
    _look_at_projects(talk)
    ask("unknown path", f"GET {API}/nonexist", seen="p1:404path")
    ask(
        "a body that is no JSON",
        f"POST {API}/projects",
        body=b"{bad",
        headers={"Content-Type": "application/json"},
        seen="p1:badjson",
    )
    ask(
        "a body of another type",
        f"POST {API}/projects",
        body=b"{}",
        headers={"Content-Type": "text/plain"},
        seen="p1:badct",
    )
    _meet_csrf(talk)


def _make_projects(talk: Talk) -> None:
    ask = talk.ask
    path = f"POST {API}/projects"
    body: dict[str, Any] = {"project_name": talk.names.filled("{p1}")}
    body["metadata"] = {"public": "false"}
    ask("project made", path, body=body, seen="p1:")
    ask("project made twice", path, body=body, seen="p1:dup")
    ask("project in capitals", path, body={**body, "project_name": "UPPER"}, seen="p1:upper")
    ask("project with a slash", path, body={**body, "project_name": "a/b"}, seen="p1:slash")
    limited = {"project_name": talk.names.filled("{p2}"), "metadata": {"public": "true"}}
    by_name = {"X-Resource-Name-In-Location": "true"}
    ask(
        "project with a limit",
        path,
        body={**limited, "storage_limit": LIMIT},
        headers=by_name,
        seen="p1:limit",
    )
    ask("project made by nobody", path, ANONYMOUS, body=body)
    numeric = {"project_name": talk.names.filled("{number}")}
    ask("project of digits made", path, body=numeric)
    number = f"GET {API}/projects/{{number}}"
    ask("project of digits by number", number, seen="p9:numeric name w/o header")
    by_name = {"X-Is-Resource-Name": "true"}
    ask("project of digits by name", number, headers=by_name, seen="p9:numeric name w header")
    ask("project of digits deleted", f"DELETE {API}/projects/{{number}}", headers=by_name)


def _look_at_projects(talk: Talk) -> None:
    ask = talk.ask
    head = f"HEAD {API}/projects?project_name="
    ask("project that is there", f"{head}{{p1}}", seen="p1:")
    ask("project that is not there", f"{head}{{nope}}", seen="p1:")
    ask("whether there is a project, anonymously", f"{head}{{p1}}", ANONYMOUS, seen="p1:anon")
    ask("whether there is a project, wrong password", f"{head}{{p1}}", BAD, seen="p1:badpw")
    ask("project by its name, missing", f"GET {API}/projects/{{nope}}", seen="p1:missing")
    ask("project by its name", f"GET {API}/projects/{{p1}}")
    ask("summary", f"GET {API}/projects/{{p1}}/summary", seen="p1:")
    ask("summary of a missing project", f"GET {API}/projects/{{nope}}/summary")
    ask("quotas", f"GET {API}/quotas?reference=project&page_size=2")
    ask("more than a page", f"GET {API}/projects?page_size=101", seen="p9:page_size 101")


def _meet_csrf(talk: Talk) -> None:
    cookie = {"Cookie": "sid=0123456789abcdef0123456789abcdef"}
    body = {"project_name": talk.names.filled("{nope}")}
    talk.ask(
        "a cookie sent back to the API",
        f"POST {API}/projects",
        body=body,
        headers=cookie,
        seen="p1:basic+sid cookie",
    )
    talk.ask(
        "a cookie sent back to the registry",
        "POST /v2/{p1}/x/blobs/uploads/",
        headers=cookie,
        seen="p1:v2 basic+sid cookie",
    )
    talk.ask("a cookie and only reading", f"GET {API}/systeminfo", headers=cookie)


def talk_about_robots(talk: Talk) -> None:
    _make_robots(talk)
    ask = talk.ask
    system = talk.robots["bot1"]
    ask("robot greets the registry", "GET /v2/", system, seen="p1:robot basic /v2/")
    ask("robot lists projects", f"GET {API}/projects", system, seen="p1:robot")
    head = f"HEAD {API}/projects?project_name="
    ask("robot asks for a project", f"{head}{{p1}}", system, seen="p1:robot")
    ask("robot asks for a missing project", f"{head}{{nope}}", system, seen="p1:robot")
    private = {"project_name": talk.names.filled("{probot}"), "metadata": {"public": "false"}}
    made = f"POST {API}/projects"
    ask(
        "robot of the system makes a project",
        made,
        system,
        body=private,
        seen="p1:robot create project",
    )
    body = {"project_name": talk.names.filled("{nope}")}
    ask("robot of a project makes a project", made, talk.robots["bot2"], body=body)
    ask("robot asks who it is", f"GET {API}/users/current", system, seen="p1:robot")
    ask("robot asks for quotas", f"GET {API}/quotas", system, seen="p1:robot")
    ask("robot asks for a summary", f"GET {API}/projects/{{p1}}/summary", system, seen="p1:robot")
    listed = f"GET {API}/projects/{{p1}}/repositories"
    ask("robot lists repositories", listed, system, seen="p1:robot list repos")
    ask("robot looks at collections", f"GET {API}/system/gc/schedule", system)
    ask("robot looks at volumes", f"GET {API}/systeminfo/volumes", system)
    ask("robot looks at immutability", f"GET {API}/projects/{{p1}}/immutabletagrules", system)
    ask("wrong secret of a robot", f"GET {API}/users/current", basic("robot$none", "x"))
    ask("robots listed", f"GET {API}/robots?page_size=1")


def _make_robots(talk: Talk) -> None:
    path = f"POST {API}/robots"
    named = talk.names.filled
    permission = {"kind": "project", "namespace": named("{p1}"), "access": PUSH_AND_PULL}
    everywhere = {"name": named("{bot1}"), "level": "system", "duration": -1}
    everywhere["permissions"] = [permission]
    of_one = {**everywhere, "name": named("{bot2}"), "level": "project", "duration": 30}
    _keep(talk, "bot1", talk.ask("robot of the system made", path, body=everywhere, seen="p1:"))
    _keep(talk, "bot2", talk.ask("robot of a project made", path, body=of_one, seen="p1:#2"))
    talk.ask("robot made twice", path, body=everywhere, seen="p1:dup robot")
    making: dict[str, Any] = {"kind": "system", "namespace": "/"}
    making["access"] = [{"resource": "project", "action": "create"}]
    mixed = {**everywhere, "name": named("{bot3}"), "permissions": [permission, making]}
    made = talk.ask(
        "robot with rights of both kinds made", path, body=mixed, seen="p1:sys project:create"
    )
    _keep(talk, "bot3", made)
    two = {**of_one, "name": named("{bot4}"), "permissions": [permission, permission]}
    talk.ask("robot of a project with two permissions", path, body=two)
    talk.ask("robot in capitals", path, body={**everywhere, "name": "BOT"})
    talk.ask("robot without permissions", path, body={**everywhere, "permissions": []})
    gone = talk.ask("robot to be deleted made", path, body={**everywhere, "name": named("{bot4}")})
    number = gone.json["id"]
    talk.ask("secret renewed", f"PATCH {API}/robots/{number}", body={"secret": ""})
    old = basic(gone.json["name"], gone.json["secret"])
    talk.ask("secret that was renewed", f"GET {API}/users/current", old)
    talk.ask("robot deleted", f"DELETE {API}/robots/{number}")
    talk.ask("robot deleted twice", f"DELETE {API}/robots/{number}")


def _keep(talk: Talk, name: str, made: Any) -> None:  # noqa: ANN401 - an Exchange
    talk.robots[name] = basic(made.json["name"], made.json["secret"])
