"""Harbor's projects: whether one is there, what it prescribes, how full it is, and making one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cube_airgap.errors import UsageError
from cube_harbor.api import API, ApiCall, project_path
from cube_harbor.fields import Fields

if TYPE_CHECKING:
    from cube_harbor.api import HarborApi

# harbor, src/pkg/project/manager.go
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_LONGEST_NAME = 255


class Visibility(StrEnum):
    """Who may pull from a project."""

    PRIVATE = "false"
    PUBLIC = "true"


@dataclass(frozen=True)
class ProjectWish:
    """A project to make; `storage_limit` in bytes is heeded for administrators only."""

    name: str
    visibility: Visibility = Visibility.PRIVATE
    storage_limit: int | None = None


@dataclass(frozen=True)
class Project:
    """A project, and what it prescribes for pulling from it.

    `prevented_severity` is the severity from which on vulnerable images cannot be pulled, or empty.
    """

    number: int
    name: str
    is_public: bool
    wants_signatures: bool = False
    prevented_severity: str = ""
    retention_number: int | None = None
    is_proxy: bool = False


@dataclass(frozen=True)
class Usage:
    """How much a project holds and may hold, in bytes; `limit` is None where nothing limits it."""

    used: int
    limit: int | None

    @property
    def room(self) -> int | None:
        """The bytes that still fit, or None where nothing limits them."""
        return None if self.limit is None else max(0, self.limit - self.used)


def parse_project_name(text: str) -> str:
    """Check a name by Harbor's rules. Raises UsageError."""
    if _NAME.fullmatch(text) and len(text) <= _LONGEST_NAME:
        return text
    raise UsageError(
        f"{text[:100]!r} is no name for a Harbor project",
        remedy="use at most 255 small letters and digits, with single . _ or - between them",
    )


def project_exists(api: HarborApi, name: str) -> bool:
    """Whether there is such a project; any login may ask. Raises AirgapError."""
    query = urlencode({"project_name": name})
    reply = api.ask(ApiCall(f"{API}/projects?{query}", "HEAD"))
    if reply.status in {200, 404}:
        return reply.status == 200
    raise api.refusal(reply, f"say whether there is a project {name}")


def read_project(api: HarborApi, name: str) -> Project:
    """Raises AirgapError; MissingError when there is none such."""
    return parse_project(api.item(project_path(name), f"the project {name}"))


def parse_project(value: Fields) -> Project:
    """From Harbor's `Project`. Raises NetworkError."""
    rules = value.inner("metadata")
    retention = rules.text("retention_id")
    signed = rules.truth("enable_content_trust") or rules.truth("enable_content_trust_cosign")
    return Project(
        value.number("project_id"),
        value.text("name"),
        rules.truth("public"),
        signed,
        (rules.text("severity") or "low") if rules.truth("prevent_vul") else "",
        int(retention) if retention.isascii() and retention.isdigit() else None,
        value.number("registry_id") > 0,
    )


def make_project(api: HarborApi, wish: ProjectWish) -> bool:
    """Make a project, and tell whether it was made now; one that is there is left as it is.

    Several may do so at once. Raises AirgapError.
    """
    body = {"project_name": wish.name, "metadata": {"public": str(wish.visibility)}}
    more = {} if wish.storage_limit is None else {"storage_limit": wish.storage_limit}
    reply = api.ask(ApiCall(f"{API}/projects", "POST", {**body, **more}))
    if reply.status in {201, 409}:
        return reply.status == 201
    raise api.refusal(reply, f"make the project {wish.name}")


def read_usage(api: HarborApi, name: str) -> Usage | None:
    """How full a project is; None where the login may not know, as most robots may not.

    Raises AirgapError.
    """
    reply = api.ask(ApiCall(f"{project_path(name)}/summary"))
    if reply.status == 403:
        return None
    if reply.status != 200:
        raise api.refusal(reply, f"tell how full the project {name} is")
    return parse_usage(Fields(reply.body, f"how full the project {name} is").inner("quota"))


def parse_usage(quota: Fields) -> Usage | None:
    """From Harbor's `ProjectSummaryQuota`; None where it is empty. Raises NetworkError.

    A summary may come without any, to a robot of 2.15 for instance; no project has a limit of 0.
    """
    limit = quota.inner("hard").number("storage")
    if limit == 0:
        return None
    return Usage(quota.inner("used").number("storage"), None if limit < 0 else limit)
