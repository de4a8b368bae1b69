"""One registry host: which scheme it speaks, how it wants to be asked, and asking it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, AuthenticationError, NetworkError
from cube_airgap.registry.answer import web_page
from cube_airgap.registry.authorization import Authorizer
from cube_airgap.registry.challenge import best_challenge, parse_challenges
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.hosts import api_host
from cube_airgap.registry.refusals import raise_if_temporary, refusal, told_by
from cube_airgap.registry.transport import HttpRequest, Transport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Buffer

    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.authorization import Scopes
    from cube_airgap.registry.challenge import Challenge
    from cube_airgap.registry.credentials import Credentials
    from cube_airgap.registry.login import Login

_FOLLOWED = {"GET", "HEAD"}
# Of a registry that never answered, no more tries than this many are made in one run.
_MOST_FAILED_CONTACTS = 6


@dataclass(frozen=True)
class Call:
    """A request to a registry: a path from `/v2/` on, and the token scopes that it needs.

    A body that is an iterator can be sent once only, so a refused one is not sent again; what can
    be iterated anew is. For `timeout` see HttpRequest.
    """

    path: str
    scopes: Scopes = ()
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[Buffer] | None = None
    timeout: tuple[float, float] | None = None


class _NotPlainError(NetworkError):
    """Status 400 to a greeting: what servers say to plain HTTP where they want TLS."""


@dataclass(frozen=True)
class _Contact:
    base: str
    authorizer: Authorizer


class Endpoint:
    """A registry, by the host that people name it with. Safe to use from several threads."""

    def __init__(self, host: str, transport: Transport, credentials: Credentials) -> None:
        self.host = host
        self._transport = transport
        self._credentials = credentials
        self._lock = threading.Lock()
        self._contact: _Contact | None = None
        self._failures = 0
        self._down: AirgapError | None = None

    def send(self, call: Call) -> Answer:
        """Send once, authorized; a refusal that new authorization may cure is followed up.

        The answer has any status but a temporary one. Raises AuthenticationError, NetworkError, and
        TemporaryFault for what may pass.
        """
        contact = self._contacted()
        used = contact.authorizer.header(call.scopes)
        answer = self._send(call, contact.base, used)
        if answer.status == 401 and self._is_own(answer):
            challenges = parse_challenges(answer.header("WWW-Authenticate"))
            renewed = contact.authorizer.renewed(call.scopes, challenges, used)
            if renewed is not None and not isinstance(call.body, Iterator):
                answer.discard()
                answer = self._send(call, contact.base, renewed)
        raise_if_temporary(answer)
        return answer

    @property
    def base(self) -> str:
        """Scheme and host by which it answers. Raises what send() raises."""
        return self._contacted().base

    @property
    def login(self) -> Login | None:
        """The login that is shown, or None when everything is anonymous.

        Raises what send() raises.
        """
        return self._contacted().authorizer.login

    @property
    def token_service(self) -> str:
        """The name under which tokens for this registry are asked for; empty if none are.

        Raises what send() raises.
        """
        return self._contacted().authorizer.token_service

    def refusal(self, answer: Answer, what: str) -> AirgapError:
        """The error for an answer that does not give `what`."""
        contact = self._contacted()
        if self._is_own(answer) or answer.is_web_page or answer.status not in {401, 403, 404}:
            return refusal(answer, what, self.host, contact.authorizer.login)
        told = told_by(answer)
        answer.close()
        return NetworkError(
            f"{self.host} sends us to {answer.host} for {what}, which answers with status "
            f"{answer.status}{f' ({told})' if told else ''}",
            remedy="check this host's clock, since such addresses are valid for a short time; "
            "otherwise tell the registry's operator",
        )

    def _is_own(self, answer: Answer) -> bool:
        return answer.host == api_host(self.host)

    def _send(self, call: Call, base: str, authorization: str) -> Answer:
        request = HttpRequest(
            call.method, f"{base}{call.path}", call.headers, authorization, call.body, call.timeout
        )
        if call.method in _FOLLOWED:
            return self._transport.follow(request)
        return self._transport.send(request)

    def _contacted(self) -> _Contact:
        """How to reach the registry; found out once, and a host that is down is told so once."""
        with self._lock:
            if self._down:
                raise self._down
            if self._contact is None:
                try:
                    self._contact = self._find()
                except TemporaryFault as fault:
                    self._failures += 1
                    if not fault.unreached and self._failures < _MOST_FAILED_CONTACTS:
                        raise
                    self._down = fault.error
                    raise fault.error from fault
                except (NetworkError, AuthenticationError) as error:
                    self._down = error
                    raise
            return self._contact

    def _find(self) -> _Contact:
        """By TLS; where the user allows it and that fails, by plain HTTP."""
        host = api_host(self.host)
        try:
            return self._greeted(f"https://{host}")
        except (NetworkError, TemporaryFault) as error:
            if not self._transport.is_insecure(host):
                raise
            failure = error
        # Not in the clause above: whatever fails here would be told as caused by that.
        try:
            return self._greeted(f"http://{host}")
        except _NotPlainError:
            raise failure from None
        except TemporaryFault as fault:
            if fault.unreached:
                raise failure from None
            raise

    def _greeted(self, base: str) -> _Contact:
        """Ask `/v2/` without authorization (distribution spec, "Determining Support")."""
        with self._transport.follow(HttpRequest("GET", f"{base}/v2/")) as answer:
            raise_if_temporary(answer)
            if answer.status == 400:
                raise _NotPlainError(
                    f"{self.host} does not answer as a registry",
                    remedy="check the host's name and port",
                )
            is_registry = answer.header("Docker-Distribution-Api-Version")
            if answer.status == 200 and answer.is_web_page and not is_registry:
                raise web_page(answer)
            answer.discard()
            return _Contact(base, self._authorizer(base, _challenge(answer)))

    def _authorizer(self, base: str, challenge: Challenge | None) -> Authorizer:
        return Authorizer(self._transport, base, challenge, lambda: self._credentials.of(self.host))


def _challenge(answer: Answer) -> Challenge | None:
    if answer.status != 401:
        return None
    return best_challenge(parse_challenges(answer.header("WWW-Authenticate")))
