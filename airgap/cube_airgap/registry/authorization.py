"""How one registry wants requests authorized, learnt from its challenges and kept up to date."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from cube_airgap.errors import AirgapError, NetworkError
from cube_airgap.registry.challenge import Challenge, best_challenge
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.hosts import host_of, known_as, shown
from cube_airgap.registry.tokens import Token, TokenService, fetch_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.registry.login import Login
    from cube_airgap.registry.transport import Transport

Scopes = tuple[str, ...]


class Authorizer:
    """Makes the `Authorization` header for requests to `base`. Safe to use from several threads.

    The login is looked up when a challenge asks for one, so that no credential helper is run for an
    open registry.
    """

    def __init__(
        self,
        transport: Transport,
        base: str,
        challenge: Challenge | None,
        login: Callable[[], Login | None],
    ) -> None:
        """`challenge` is what a request without authorization was answered with, if refused.

        Harbor's challenges to requests that had an authorization are of no use, so the first one
        is remembered (harbor, src/server/middleware/v2auth/auth.go).
        """
        self._transport = transport
        self._base = base
        self._challenge = challenge
        self._login = login
        self._lock = threading.Lock()
        self._tokens: dict[Scopes, Token] = {}
        self._asked_scopes: dict[Scopes, Scopes] = {}
        self._fetching: dict[Scopes, threading.Lock] = {}

    @property
    def login(self) -> Login | None:
        """The login that is shown, or None when everything is anonymous."""
        return self._login() if self._challenge else None

    @property
    def token_service(self) -> str:
        """The service's name in the challenge; empty where no tokens are used."""
        is_bearer = self._challenge is not None and self._challenge.scheme == "bearer"
        return (
            self._challenge.parameters.get("service", "") if self._challenge and is_bearer else ""
        )

    def header(self, scopes: Scopes) -> str:
        """The header's value for a request that needs `scopes`; empty for anonymous.

        Raises AuthenticationError, NetworkError, and TemporaryFault for what may pass.
        """
        challenge = self._challenge
        if challenge is None:
            return ""
        if challenge.scheme == "basic":
            login = self._login()
            return login.basic if login and not login.identity_token else ""
        return f"Bearer {self._token(scopes, challenge).value}"

    def renewed(self, scopes: Scopes, challenges: tuple[Challenge, ...], used: str) -> str | None:
        """A better header after `used` was refused with `challenges`, or None if there is none.

        Raises what header() raises.
        """
        self._learn(scopes, challenges, used)
        with self._lock:
            token = self._tokens.get(scopes)
            if token and used == f"Bearer {token.value}":  # else another thread renewed it
                del self._tokens[scopes]
        header = self.header(scopes)
        return header if header and header != used else None

    def _learn(self, scopes: Scopes, challenges: tuple[Challenge, ...], used: str) -> None:
        new = best_challenge(challenges)
        if new is None or (used and new.scheme == "basic"):
            return
        self._challenge = new
        wider = tuple(new.parameters.get("scope", "").split())
        if missing := tuple(scope for scope in wider if scope not in scopes):
            self._asked_scopes[scopes] = scopes + missing

    def _token(self, scopes: Scopes, challenge: Challenge) -> Token:
        with self._lock:
            fetching = self._fetching.setdefault(scopes, threading.Lock())
        with fetching:
            token = self._tokens.get(scopes)
            if token is None or not token.is_fresh:
                token = self._fetch(self._asked_scopes.get(scopes, scopes), challenge)
                self._tokens[scopes] = token
            return token

    def _fetch(self, scopes: Scopes, challenge: Challenge) -> Token:
        """Fetch from the realm; where that cannot be, from the same path at the registry itself.

        Harbor announces the realm under its configured external name, which may be unknown here,
        or have http for a registry that is behind TLS.
        """
        realm, at_home = self._realms(challenge.realm)
        service = challenge.parameters.get("service", "")
        if realm is not None:
            try:
                return self._from(realm, service, scopes)
            except TemporaryFault as fault:
                if not fault.unreached or realm == at_home:
                    raise
                failure: Exception = fault
        else:
            failure = _plain_realm(host_of(self._base), challenge.realm)
        try:
            return self._from(at_home, service, scopes)
        except (AirgapError, TemporaryFault):
            raise failure from None

    def _from(self, realm: str, service: str, scopes: Scopes) -> Token:
        registry = known_as(host_of(self._base))
        at = TokenService(registry, realm, service)
        return fetch_token(self._transport, at, scopes, self._login())

    def _realms(self, told: str) -> tuple[str | None, str]:
        """The realm as it was told, or None if it must not be used, and the same path at home."""
        home = urlsplit(self._base)
        try:
            realm = urljoin(f"{self._base}/", told)
            parts, host = urlsplit(realm), host_of(realm)
        except ValueError:
            raise NetworkError(
                f"{host_of(self._base)} names an unusable token service, {shown(told)[:200]!r}",
                remedy="tell the registry's operator",
            ) from None
        at_home = urlunsplit(parts._replace(scheme=home.scheme, netloc=home.netloc))
        if home.scheme == "https" and parts.netloc == home.netloc:
            # Harbor announces http behind a proxy that ends TLS; --insecure must not follow it.
            return at_home, at_home
        is_plain = parts.scheme != "https" and realm != at_home
        if is_plain and not (parts.scheme == "http" and self._transport.is_insecure(host)):
            return None, at_home
        return realm, at_home


def _plain_realm(host: str, realm: str) -> NetworkError:
    return NetworkError(
        f"{host} names a token service without TLS, {shown(realm)[:200]}",
        remedy="give --insecure for the token service's HOST:PORT if credentials may go there in "
        "the clear; else have the registry announce an https realm",
    )
