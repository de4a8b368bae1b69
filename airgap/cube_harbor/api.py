"""Calls of Harbor's API: by Basic and without cookies, repeated where that is safe."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from cube_airgap.errors import NetworkError, UsageError
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.hosts import host_of
from cube_airgap.registry.retries import retry_after
from cube_airgap.registry.transport import HttpRequest
from cube_harbor.fields import Fields, read_list
from cube_harbor.refusals import fails_for_now, refusal
from cube_harbor.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.errors import AirgapError
    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.login import Login
    from cube_airgap.registry.retries import Retries
    from cube_airgap.registry.transport import Transport

API = "/api/v2.0"
PAGE_SIZE = 100  # the most that Harbor gives at once
_LARGEST_REPLY = 16 << 20
_MOST_PAGES = 10_000
_READING = {"GET", "HEAD"}
# Refused before anything was done, whatever the call.
_NOT_BEGUN = {429, 503}
_BROKEN_ON_THE_WAY = {408, 502, 504}


@dataclass(frozen=True)
class ApiCall:
    """A call; `path` starts at the host's root and is percent-encoded.

    `makes_one` is set for a POST that must not be sent twice: its first answer may be lost after
    Harbor did what it asks for.
    """

    path: str
    method: str = "GET"
    body: Any = None
    makes_one: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HarborApi:
    """One Harbor at `base`, such as `https://harbor.example`. Safe to use from several threads.

    Harbor's cookies are never sent back, since they turn on its CSRF check: the transport keeps
    none.
    """

    base: str
    transport: Transport
    login: Login | None
    retries: Retries

    @property
    def host(self) -> str:
        """HOST[:PORT]."""
        return host_of(self.base)

    def ask(self, call: ApiCall) -> Reply:
        """The reply with any status that does not pass by itself.

        Raises NetworkError, UsageError.
        """
        return self.retries.run(lambda: self._tried(call))

    def get(self, path: str, what: str) -> Reply:
        """The reply with status 200; `what` names in errors what is read. Raises AirgapError."""
        return self.send(ApiCall(path), what)

    def send(self, call: ApiCall, what: str) -> Reply:
        """The reply, if Harbor did what `call` asks for. Raises AirgapError.

        `what` completes "refuses to" in errors, for instance "read the project p".
        """
        reply = self.ask(call)
        if reply.status not in {200, 201, 202}:
            raise self.refusal(reply, what)
        return reply

    def item(self, path: str, what: str) -> Fields:
        """The object at `path`. Raises AirgapError."""
        return Fields(self.get(path, f"read {what}").body, what)

    def items(self, path: str, what: str, query: dict[str, str] | None = None) -> Iterator[Fields]:
        """The objects of a list, page by page as they are consumed. Raises AirgapError."""
        for page in range(1, _MOST_PAGES):
            paged = {**(query or {}), "page": str(page), "page_size": str(PAGE_SIZE)}
            reply = self.get(f"{path}?{urlencode(paged)}", f"list {what}")
            found = read_list(reply.body, what)
            yield from found
            if len(found) < PAGE_SIZE:
                return

    def refusal(self, reply: Reply, what: str) -> AirgapError:
        """The error for a reply that is not what was asked for."""
        return refusal(reply, self.host, what, self.login)

    def _tried(self, call: ApiCall) -> Reply:
        try:
            with self._sent(call) as answer:
                reply = _read(answer)
        except TemporaryFault as fault:
            if call.makes_one and not fault.unreached:
                raise fault.error from fault
            raise
        if _may_pass(reply.status, call):
            wait = retry_after(reply.headers.get("retry-after", ""))
            raise TemporaryFault(fails_for_now(reply, self.host), wait=wait)
        return reply

    def _sent(self, call: ApiCall) -> Answer:
        headers = {"Accept": "application/json", "X-Is-Resource-Name": "true", **call.headers}
        data = None
        if call.body is not None:
            data = json.dumps(call.body).encode()
            headers["Content-Type"] = "application/json"
        request = HttpRequest(
            call.method, f"{self.base}{call.path}", headers, self.authorization, data
        )
        if call.method in _READING:
            return self.transport.follow(request)
        return self.transport.send(request)

    @property
    def authorization(self) -> str:
        """The `Authorization` header; empty for anonymous. Raises UsageError."""
        if self.login is None:
            return ""
        if self.login.identity_token:
            raise UsageError(
                f"the login for {self.host} from {self.login.origin} is an identity token, which "
                "Harbor's API does not take",
                remedy="give a user name with its password (or CLI secret), or a robot account",
            )
        return self.login.basic


def _may_pass(status: int, call: ApiCall) -> bool:
    """Whether to send the call again.

    500 is Harbor's answer to a registry or a P2P engine that it cannot reach, too; only for
    reading is it taken for a database that is overrun.
    """
    if status in _NOT_BEGUN:
        return True
    if status in _BROKEN_ON_THE_WAY:
        return not call.makes_one
    return status == 500 and call.method in _READING


def _read(answer: Answer) -> Reply:
    raw = answer.read(_LARGEST_REPLY)
    if len(raw) > _LARGEST_REPLY:
        raise NetworkError(
            f"{answer.host} answers with more than {_LARGEST_REPLY >> 20} MiB",
            remedy="check that the host is a Harbor, and that no proxy answers in its place",
        )
    headers = {name.lower(): text for name, text in answer.response.headers.items()}
    return Reply(answer.status, headers, raw)


def project_path(project: str) -> str:
    """The path of a project by its name, also one that is all digits."""
    return f"{API}/projects/{quote(project, safe='')}"


def repository_path(project: str, repository: str) -> str:
    """The path of a repository, named without its project.

    Encoded twice, because Harbor's router decodes once before it looks for slashes.
    """
    return f"{project_path(project)}/repositories/{quote(quote(repository, safe=''), safe='')}"
