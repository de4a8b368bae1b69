"""Who a login is to Harbor, and what it may do in a project."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cube_airgap.errors import NetworkError, UsageError
from cube_harbor.api import API, ApiCall
from cube_harbor.fields import Fields

if TYPE_CHECKING:
    from cube_harbor.api import HarborApi

_SERVICE = "harbor-registry"


class Kind(StrEnum):
    """The kinds of accounts that Harbor tells apart."""

    USER = "user"
    ROBOT = "robot"
    CLI = "CLI secret"


@dataclass(frozen=True)
class Identity:
    """A login that Harbor accepts. A CLI secret's owner is not told, nor whether an administrator.

    `is_admin` is for the whole of Harbor.
    """

    name: str
    kind: Kind
    is_admin: bool = False


def check_login(api: HarborApi) -> Identity:
    """Find out whether Harbor accepts the login, and whose it is.

    Other calls do not tell: most take a wrong password for no password at all. Raises
    AuthenticationError, NetworkError, UsageError.
    """
    if api.login is None:
        raise UsageError(
            f"no login is known for {api.host}",
            remedy=f"log in (docker login {api.host}) or give --creds-file",
        )
    name = api.login.username
    reply = api.ask(ApiCall(f"{API}/users/current"))
    if reply.status == 200:
        user = Fields(reply.body, "the current user")
        is_admin = user.truth("sysadmin_flag") or user.truth("admin_role_in_auth")
        return Identity(user.text("username") or name, Kind.USER, is_admin)
    if reply.status == 412:  # known, but no user
        return Identity(name, Kind.ROBOT)
    # With single sign-on the CLI secret is good for the registry and for a few other calls.
    if reply.status == 401 and api.ask(ApiCall("/v2/")).status == 200:
        return Identity(name, Kind.CLI)
    raise api.refusal(reply, "say who the login is")


def read_rights(api: HarborApi, project: str) -> frozenset[str]:
    """What the login may do with repositories of `project`: `pull`, `push`, `delete`.

    Nothing where the project is not there. Asks for a token and looks into it, so nothing is
    changed. Raises AirgapError.
    """
    scope = f"repository:{project}/rights:pull,push"
    query = urlencode({"service": _SERVICE, "scope": scope})
    reply = api.get(f"/service/token?{query}", "tell what may be done")
    return granted(Fields(reply.body, "a token").text("token"), project)


def granted(token: str, project: str) -> frozenset[str]:
    """The actions that a JSON Web Token allows in `project` (distribution, spec/auth/jwt.md).

    Raises NetworkError when it is none.
    """
    try:
        claims = token.split(".")[1]
        raw = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
        access = Fields(json.loads(raw), "a token").objects("access")
    except (ValueError, IndexError):
        raise NetworkError(
            "the token service answers with something that is no token",
            remedy="check that the host is a Harbor, and that no proxy answers in its place",
        ) from None
    return frozenset(
        action
        for one in access
        if one.text("name").partition("/")[0] == project
        for action in one.texts("actions")
    )
