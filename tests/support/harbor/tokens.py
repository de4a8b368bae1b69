"""The double's token service."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.support.harbor.answers import ERROR_JSON, Answer, text_answer
from tests.support.harbor.state import Account

if TYPE_CHECKING:
    from tests.support.harbor.request import Request
    from tests.support.harbor.state import State

SERVICE = "harbor-registry"
ACTIONS = ("pull", "push", "delete")


def serve_token(state: State, request: Request) -> Answer:
    if request.method != "GET":
        return text_answer(405, "Method Not Allowed\n")
    service = request.one("service")
    if service != SERVICE:
        return text_answer(400, f"Unable to handle service: {service}")
    scopes = [one for text in request.query.get("scope", []) for one in text.split(" ")]
    login = request.basic()
    account = state.account(*login) if login else Account()
    if not account.is_known and not scopes:
        return Answer(401)
    body = {
        "token": _signed(state, account, [_access(state, account, one) for one in scopes]),
        "access_token": "",  # as Harbor has it
        "expires_in": state.token_seconds,
        "issued_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    raw = json.dumps(body, separators=(",", ":")).encode() + b"\n"
    return Answer(200, {"Content-Type": ERROR_JSON}, raw)


def bearer(state: State, token: str) -> Account:
    """Who comes with `token`: nobody when it is expired or somebody else's."""
    try:
        head, claims, signature = token.split(".")
        known = hmac.compare_digest(signature, _signature(state, f"{head}.{claims}"))
        told = json.loads(_decoded(claims))
    except ValueError:
        return Account()
    if not known or told["exp"] <= time.time():
        return Account()
    access: dict[str, set[str]] = {}
    for one in told["access"]:
        # Harbor looks at projects only: a scope for any repository is good for all of them.
        access.setdefault(one["name"].partition("/")[0], set()).update(one["actions"])
    return Account(told["sub"] or "nobody", access=access)


def _access(state: State, account: Account, scope: str) -> dict[str, Any]:
    kind, _, rest = scope.partition(":")
    name = rest.rpartition(":")[0]
    project = state.projects.get(name.partition("/")[0])
    allowed = [
        action
        for action in ACTIONS
        if project and state.may(account, project, "repository", action)
    ]
    return {"type": kind, "name": name, "actions": allowed}


def _signed(state: State, account: Account, access: list[dict[str, Any]]) -> str:
    now = int(time.time())
    claims = {
        "iss": "harbor-token-issuer",
        "sub": account.name,
        "aud": SERVICE,
        "exp": now + state.token_seconds,
        "nbf": now,
        "iat": now,
        "jti": secrets.token_urlsafe(12),
        "access": access,
    }
    text = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    return f"{text}.{_signature(state, text)}"


def _encoded(value: Any) -> str:  # noqa: ANN401 - JSON
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature(state: State, text: str) -> str:
    return hmac.new(state.token_key.encode(), text.encode(), hashlib.sha256).hexdigest()
