"""What the double knows: accounts, projects with what they hold, and settings."""

from __future__ import annotations

import itertools
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from tests.support.harbor.answers import Refused, not_found, refuse

Json = dict[str, Any]
PROJECT_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass
class Robot:
    """`name` has no prefix; `permissions` are as they were sent."""

    number: int
    name: str
    level: str
    permissions: list[Json]
    duration: int
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    expires_at: int = -1


@dataclass
class Account:
    """Who asks. Nobody has no name; a token's bearer has `access` by project instead of roles."""

    name: str = ""
    is_admin: bool = False
    robot: Robot | None = None
    access: dict[str, set[str]] | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.name)


@dataclass
class Artifact:
    """`tags` begin with the one that was given last."""

    number: int
    digest: str
    raw: bytes
    media_type: str
    body: Json
    tags: list[str] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return self.body.get("subject", {}).get("digest", "")


@dataclass
class Project:
    """`blobs` are the sizes of what counts for the quota, by digest."""

    number: int
    name: str
    metadata: dict[str, str]
    limit: int = -1
    owner: str = "admin"
    blobs: dict[str, int] = field(default_factory=dict)
    repositories: dict[str, dict[str, Artifact]] = field(default_factory=dict)
    immutability: list[Json] = field(default_factory=list)
    preheat: dict[str, Json] = field(default_factory=dict)

    @property
    def is_public(self) -> bool:
        return self.metadata.get("public") == "true"

    @property
    def used(self) -> int:
        return sum(self.blobs.values())

    def repository(self, name: str) -> dict[str, Artifact]:
        """Without its project. Raises Refused."""
        if name not in self.repositories:
            raise not_found(f"repository {self.name}/{name} not found")
        return self.repositories[name]

    def artifact(self, repository: str, reference: str) -> Artifact:
        """By tag or digest. Raises Refused."""
        for artifact in self.repositories.get(repository, {}).values():
            if reference == artifact.digest or reference in artifact.tags:
                return artifact
        mark = "@" if ":" in reference else ":"
        raise not_found(f"artifact {self.name}/{repository}{mark}{reference} not found")

    def take(self, size: int) -> None:
        """Refuse `size` more bytes, if they are too much."""
        if self.limit >= 0 and self.used + size > self.limit:
            raise refuse(
                403,
                "DENIED",
                f"adding {size_text(size)} of storage resource, which when updated to current "
                f"usage of {size_text(self.used)} will exceed the configured upper limit of "
                f"{size_text(self.limit)}.",
            )


@dataclass
class State:
    """Everything, and the ways to break it on purpose."""

    version: tuple[int, int, int] = (2, 9, 5)
    external_url: str = ""
    admin: tuple[str, str] = ("admin", "Harbor12345")
    users: dict[str, str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    robots: dict[int, Robot] = field(default_factory=dict)
    registries: dict[int, Json] = field(default_factory=dict)
    policies: dict[int, Json] = field(default_factory=dict)
    executions: dict[int, Json] = field(default_factory=dict)
    engines: dict[str, Json] = field(default_factory=dict)
    retentions: dict[int, Json] = field(default_factory=dict)
    collections: list[Json] = field(default_factory=list)
    collection_schedule: Json = field(default_factory=dict)
    settings: Json = field(
        default_factory=lambda: {
            "read_only": False,
            "project_creation_restriction": "everyone",
            "token_expiration": 30,
            "robot_name_prefix": "robot$",
        }
    )
    token_seconds: int = 1800
    token_key: str = field(default_factory=lambda: secrets.token_hex(16))
    sick: dict[str, str] = field(default_factory=dict)
    volumes: list[Json] = field(default_factory=lambda: [{}])
    accepted: dict[str, int] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def version_text(self) -> str:
        return f"v{'.'.join(str(part) for part in self.version)}-local"

    @property
    def is_old(self) -> bool:
        """Of the two versions that answers were recorded of, whether it is the older one."""
        return self.version < (2, 13, 0)

    def project(self, name: str) -> Project:
        """By its name. Raises Refused."""
        if name not in self.projects:
            raise not_found(f"project {name} not found")
        return self.projects[name]

    def by_number(self, number: int) -> Project | None:
        return next((one for one in self.projects.values() if one.number == number), None)

    def make_project(self, name: str, metadata: dict[str, str], limit: int = -1) -> Project:
        """Raises Refused."""
        if not PROJECT_NAME.fullmatch(name):
            what = "project name is not in lower case or contains illegal characters"
            raise refuse(400, "BAD_REQUEST", what)
        if name in self.projects:
            raise refuse(409, "CONFLICT", f"The project named {name} already exists")
        public = metadata.get("public", "false")
        project = Project(next(self.numbers), name, {**metadata, "public": public}, limit)
        return self.projects.setdefault(name, project)

    def robot_name(self, robot: Robot) -> str:
        """The name to log in with."""
        prefix = self.settings["robot_name_prefix"]
        if robot.level == "system":
            return f"{prefix}{robot.name}"
        return f"{prefix}{robot.permissions[0]['namespace']}+{robot.name}"

    def account(self, username: str, password: str) -> Account:
        """Nobody when the password is wrong."""
        if (username, password) == self.admin:
            return Account(username, is_admin=True)
        if self.users.get(username) == password and username in self.users:
            return Account(username)
        for robot in self.robots.values():
            is_live = robot.expires_at < 0 or robot.expires_at > time.time()
            if (self.robot_name(robot), robot.secret) == (username, password) and is_live:
                return Account(username, robot=robot)
        return Account()

    def may(self, account: Account, project: Project, resource: str, action: str) -> bool:
        """Whether `account` may do `action` with `resource` of `project`."""
        if account.access is not None:
            return resource == "repository" and action in account.access.get(project.name, set())
        if account.is_admin:
            return True
        reads = action in {"pull", "read", "list"} and project.is_public
        if account.robot:
            return reads or self._robot_may(account.robot, project, resource, action)
        return reads or account.name in self.members.get(project.name, set())

    def _robot_may(self, robot: Robot, project: Project, resource: str, action: str) -> bool:
        """Before 2.10 a right on the system made the others void."""
        kinds = {one["kind"] for one in robot.permissions}
        if self.version < (2, 10, 0) and robot.level == "system" and "system" in kinds:
            return False
        for one in robot.permissions:
            if one["kind"] != "project" or one["namespace"] not in {project.name, "*"}:
                continue
            wanted = {(each["resource"], each["action"]) for each in one["access"]}
            pulls_too = robot.level == "project" and action == "pull"
            if (resource, action) in wanted or (pulls_too and (resource, "push") in wanted):
                return True
        return False


def size_text(size: float) -> str:
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"


__all__ = ["Account", "Artifact", "Json", "Project", "Refused", "Robot", "State", "size_text"]
