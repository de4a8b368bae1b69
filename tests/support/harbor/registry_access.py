"""Who may do what below /v2/: Harbor's 401 in all its meanings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.answers import READ_ONLY, Refused, error, refuse
from tests.support.harbor.registry_paths import mount_source
from tests.support.harbor.state import Account
from tests.support.harbor.tokens import SERVICE, bearer

if TYPE_CHECKING:
    from tests.support.harbor.registry_paths import Address
    from tests.support.harbor.request import Request
    from tests.support.harbor.state import State

_READING = {"GET", "HEAD"}
_SCOPES = {"pull": "pull", "push": "pull,push", "delete": "delete"}
_ACTIONS = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}


def who_asks(state: State, request: Request) -> Account:
    login = request.basic()
    if login:
        return state.account(*login)
    scheme, _, token = request.authorization.partition(" ")
    return bearer(state, token) if scheme.lower() == "bearer" else Account()


def check_greeting(state: State, request: Request) -> None:
    if not who_asks(state, request).is_known:
        raise _refused("unauthorized", _challenge(state, request, ()))


def check_catalog(state: State, request: Request) -> None:
    if not who_asks(state, request).is_admin:
        raise _refused("unauthorized to list catalog", 'Basic realm="harbor"')


def check_path(request: Request) -> Refused:
    """For paths that nobody knows."""
    return _refused(f"un-recognized request: {request.method} {request.path}", "")


def check_access(state: State, request: Request, address: Address) -> None:
    """Raises Refused, in the order in which Harbor looks at a request."""
    if state.settings["read_only"] and request.method not in _READING:
        raise refuse(403, "DENIED", READ_ONLY)
    wanted = [(address.name, _ACTIONS.get(request.method, "push"))]
    if source := mount_source(request, address):
        wanted.append((source, "pull"))
    account = who_asks(state, request)
    for name, action in wanted:
        challenge = _challenge(state, request, wanted)
        if not request.authorization and request.method in _READING:
            raise _refused("authorize header needed to send HEAD to repository", challenge)
        project = state.projects.get(name.partition("/")[0])
        if project is None:
            raise _refused(f"project {name.partition('/')[0]} not found", "")
        if not state.may(account, project, "repository", action):
            what = f"unauthorized to access repository: {name}, action: {action}"
            raise _refused(what, challenge)


def _challenge(state: State, request: Request, wanted: list[tuple[str, str]] | tuple[()]) -> str:
    """Of no use once an Authorization header was sent."""
    if request.authorization:
        return 'Basic realm="harbor"'
    # Up to 2.13 the configured address; later the one that was asked, with its scheme.
    base = state.external_url if state.version < (2, 14, 0) else _asked(state, request)
    parts = [f'Bearer realm="{base}/service/token"', f'service="{SERVICE}"']
    if scope := " ".join(f"repository:{name}:{_SCOPES[action]}" for name, action in wanted):
        parts.append(f'scope="{scope}"')
    return ",".join(parts)


def _asked(state: State, request: Request) -> str:
    return f"{state.external_url.partition('://')[0]}://{request.headers.get('Host')}"


def _refused(message: str, challenge: str) -> Refused:
    headers = {
        "Docker-Distribution-Api-Version": "registry/2.0",
        "Www-Authenticate": challenge,
    }
    return Refused(error(401, "UNAUTHORIZED", f"{message}: {message}", headers))
