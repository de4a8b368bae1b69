"""Sending one HTTP request: trust by host, proxies from the environment, redirects, no memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from requests.utils import get_environ_proxies

from cube_airgap.errors import NetworkError
from cube_airgap.registry.answer import Answer
from cube_airgap.registry.faults import FOREIGN_ERRORS, translated
from cube_airgap.registry.hosts import api_host, host_of, shown
from cube_airgap.registry.tls import trusting_adapter, verifying_adapter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Buffer

    from cube_airgap.registry.access import RegistryAccess

USER_AGENT = "cube-airgap"
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 8


@dataclass(frozen=True)
class HttpRequest:
    """A request with an absolute URL; `authorization` is for that URL's host alone.

    `timeout` is how many seconds one send, and the wait for the answer, may take; None means what
    the user's patience says.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: str = field(default="", repr=False)
    body: bytes | Iterable[Buffer] | None = None
    timeout: tuple[float, float] | None = None


class Transport:
    """Sends requests over pooled connections. Safe to use from several threads.

    It uses the adapters of requests and not its sessions: those keep cookies, which turn on
    Harbor's CSRF check, read netrc, and prepare redirects that nobody asked for.
    """

    def __init__(self, access: RegistryAccess) -> None:
        """Raises UsageError when the CA file cannot be used."""
        self._insecure = frozenset(api_host(host) for host in access.insecure)
        self._timeout = (access.patience.connect, access.patience.read)
        self._pace = access.patience.pace
        self._verifying = verifying_adapter(access.ca_file)
        self._trusting = trusting_adapter() if self._insecure else self._verifying

    def is_insecure(self, host: str) -> bool:
        """Whether the user said that `host` may be spoken to without verified TLS."""
        return host in self._insecure

    def send(self, request: HttpRequest) -> Answer:
        """Send once; a redirect is an answer like any other.

        Raises NetworkError, and TemporaryFault for what may pass.
        """
        url = _without_user(request.url)
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **request.headers}
        if request.authorization:
            headers["Authorization"] = request.authorization
        is_insecure = self.is_insecure(host_of(url))
        adapter = self._trusting if is_insecure else self._verifying
        try:
            prepared = requests.Request(
                request.method, url, headers=headers, data=request.body
            ).prepare()
            response = adapter.send(
                prepared,
                stream=True,
                timeout=request.timeout or self._timeout,
                verify=not is_insecure,
                proxies=get_environ_proxies(url, no_proxy=None),
            )
        except FOREIGN_ERRORS as error:
            raise translated(error, url) from error
        return Answer(response, url, self._pace)

    def follow(self, request: HttpRequest) -> Answer:
        """Send a GET or HEAD, and follow redirects.

        `authorization` goes to the host that was asked, by the same scheme, and to no other.
        Raises NetworkError, and TemporaryFault for what may pass.
        """
        first = urlsplit(request.url)
        for _ in range(_MOST_REDIRECTS):
            answer = self.send(request)
            target = answer.header("Location")
            if answer.status not in _REDIRECTS or not target:
                return answer
            answer.discard()
            url = self._redirected(request.url, target)
            parts = urlsplit(url)
            is_home = (parts.scheme, host_of(url)) == (first.scheme, host_of(request.url))
            kept = request.authorization if is_home and request.authorization else ""
            request = replace(request, url=url, authorization=kept)
        raise NetworkError(
            f"{shown(first.geturl())} is redirected more than {_MOST_REDIRECTS} times",
            remedy="the registry, or a proxy before it, redirects in a circle: tell its operator",
        )

    def _redirected(self, url: str, target: str) -> str:
        try:
            new = urljoin(url, target)
            scheme, host = urlsplit(new).scheme, host_of(new)
        except ValueError:
            scheme = host = ""
        if scheme not in {"http", "https"}:
            raise NetworkError(
                f"{host_of(url)} redirects to {shown(target)[:200]!r}, which is no HTTP address",
                remedy="tell the registry's operator",
            )
        if scheme == "http" and url.startswith("https:") and not self.is_insecure(host):
            raise NetworkError(
                f"{host_of(url)} redirects from TLS to plain HTTP at {host}",
                remedy=f"give --insecure {host} if that is acceptable, or have the registry "
                "announce https addresses (X-Forwarded-Proto behind a proxy)",
            )
        return new

    def close(self) -> None:
        """Close every idle connection."""
        self._verifying.close()
        self._trusting.close()


def _without_user(url: str) -> str:
    """User information in an address would be sent as Basic credentials."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
