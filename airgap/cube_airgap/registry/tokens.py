"""Bearer tokens and the services that issue them (distribution/distribution, spec/auth)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cube_airgap.errors import NetworkError
from cube_airgap.registry.refusals import raise_if_temporary, refusal, refused_login
from cube_airgap.registry.transport import USER_AGENT, HttpRequest, Transport

if TYPE_CHECKING:
    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.login import Login

_LARGEST_ANSWER = 1 << 20
# What a token that tells no lifetime has (spec/auth/token.md, "expires_in").
_USUAL_LIFETIME = 60
_LONGEST_LEEWAY = 60.0


@dataclass(frozen=True)
class TokenService:
    """Where tokens for the host `registry` are had: an address, and the registry's name there."""

    registry: str
    realm: str
    service: str = ""


@dataclass(frozen=True)
class Token:
    """A token, to be renewed after `renew_at` of the monotonic clock, before it expires."""

    value: str = field(repr=False)
    renew_at: float

    @property
    def is_fresh(self) -> bool:
        """Whether it lives long enough to be used once more."""
        return time.monotonic() < self.renew_at


def fetch_token(
    transport: Transport, service: TokenService, scopes: tuple[str, ...], login: Login | None
) -> Token:
    """Get a token for `scopes`: anonymously, with a password, or with an identity token.

    Raises AuthenticationError, NetworkError, and TemporaryFault for what may pass.
    """
    asked_at = time.monotonic()
    if login and login.identity_token:
        sent = transport.send(_oauth_request(service, scopes, login.identity_token))
    else:
        sent = transport.follow(_request(service, scopes, login))
    with sent as answer:
        raise_if_temporary(answer)
        if answer.status in {400, 401, 403} and login and not answer.is_web_page:
            raise refused_login(service.registry, "a token", login)
        if answer.status != 200:
            raise refusal(answer, "a token", service.registry, login)
        body = answer.json_object(_LARGEST_ANSWER)
        value = _value(body, answer)
    lifetime = _lifetime(body)
    return Token(value, asked_at + lifetime - min(lifetime / 4, _LONGEST_LEEWAY))


def _request(service: TokenService, scopes: tuple[str, ...], login: Login | None) -> HttpRequest:
    parts = urlsplit(service.realm)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if service.service:
        query.append(("service", service.service))
    query += [("scope", scope) for scope in scopes]
    url = urlunsplit(parts._replace(query=urlencode(query)))
    return HttpRequest("GET", url, authorization=login.basic if login else "")


def _oauth_request(
    service: TokenService, scopes: tuple[str, ...], identity_token: str
) -> HttpRequest:
    """Spec/auth/oauth.md: an identity token is a refresh token."""
    form = {
        "grant_type": "refresh_token",
        "service": service.service,
        "client_id": USER_AGENT,
        "scope": " ".join(scopes),
        "refresh_token": identity_token,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return HttpRequest("POST", service.realm, headers, body=urlencode(form).encode())


def _value(body: dict[str, Any], answer: Answer) -> str:
    """Either key may be there, and Harbor sends an empty `access_token` beside the `token`."""
    value = body.get("token") or body.get("access_token")
    if not (value and isinstance(value, str) and value.isascii() and value.isprintable()):
        raise NetworkError(
            f"the token service {answer.host} answers without a token",
            remedy="check the credentials; if they are right, tell the registry's operator",
        )
    return value


def _lifetime(body: dict[str, Any]) -> float:
    seconds = body.get("expires_in")
    if isinstance(seconds, int | float) and seconds > 0:
        return float(seconds)
    return float(_USUAL_LIFETIME)
