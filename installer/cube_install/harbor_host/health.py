"""How the Harbor of this host is, asked on this host: by no name server and no proxy."""

from __future__ import annotations

import json
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import urllib3
from urllib3.util import Timeout

from cube_airgap.errors import AuthenticationError, NetworkError, UsageError
from cube_harbor.api import API
from cube_harbor.fields import Fields

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.registry.login import Login
    from cube_install.harbor_host.settings import HarborHost

_HERE = "127.0.0.1"
_TIMEOUT = Timeout(connect=3, read=20)
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0
_PROXY_ERRORS = {502, 503, 504}
_CONTAINERS = {"core": "harbor-core", "database": "harbor-db", "trivy": "trivy-adapter"}
_PREFIXED = {"jobservice", "portal"}


@dataclass(frozen=True)
class Trouble:
    """What is not well; `container` is the one to look into."""

    what: str
    container: str = "nginx"

    def __str__(self) -> str:
        return self.what


class LocalHarbor:
    """The Harbor of `host`, on this machine; `ca_file` is trusted beside the system's CAs."""

    def __init__(self, host: HarborHost, ca_file: Path | None) -> None:
        """Raises UsageError for a CA file that cannot be used."""
        self._host = host
        self._context = _context(ca_file) if host.https_port else None

    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong now, if anything is. Raises UsageError for what does not pass by itself."""
        try:
            answer = self._get("/health")
            if answer.status in _PROXY_ERRORS:
                told = f"core does not answer yet (status {answer.status})"
                return (Trouble(told, "harbor-core"),)
            if answer.status != 200:
                return (Trouble(f"something else than a Harbor answers at {self._place}"),)
            components = Fields(json.loads(answer.data), "its health").objects("components")
            return tuple(_trouble(one) for one in components if one.text("status") != "healthy")
        except urllib3.exceptions.HTTPError as error:
            raise_untrusted(error, self._host.name)
            return (Trouble(f"nothing answers at {self._place}"),)
        except (ValueError, NetworkError):
            return (Trouble(f"something else than a Harbor answers at {self._place}"),)

    def wait(self, seconds: float) -> None:
        """Wait until nothing is wrong. Raises NetworkError with what still is after `seconds`."""
        deadline, pause = time.monotonic() + seconds, _FIRST_WAIT
        while troubles := self.troubles():
            if time.monotonic() > deadline:
                containers = dict.fromkeys(one.container for one in troubles)
                raise NetworkError(
                    f"Harbor is not well after {seconds:.0f} s: "
                    f"{'; '.join(str(one) for one in troubles)}",
                    remedy=f"see what it says (docker logs {' '.join(containers)}; or in "
                    "/var/log/harbor), then run the same command again: it goes on from here",
                )
            threading.Event().wait(pause)
            pause = min(pause * 2, _LONGEST_WAIT)

    def check_login(self, login: Login) -> None:
        """Raise AuthenticationError where it does not take `login`."""
        try:
            answer = self._get("/users/current", {"Authorization": login.basic})
        except urllib3.exceptions.HTTPError:
            return  # it was well a moment ago, and is asked again by the next command
        if answer.status == 401:
            raise AuthenticationError(
                f"Harbor runs, and does not take the password of {login.username} in "
                f"{login.origin}",
                remedy="put the right one into the file: Harbor takes a first password only, and "
                "its database is older than the file, or it was changed on the web page",
            )

    @property
    def _place(self) -> str:
        return f"port {self._host.https_port or self._host.http_port} of this host"

    def _get(self, path: str, headers: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        host = self._host
        sent = {"Host": host.host, "Accept": "application/json", **(headers or {})}
        with self._pool() as pool:
            return pool.request(
                "GET", f"{API}{path}", headers=sent, timeout=_TIMEOUT, retries=False, redirect=False
            )

    def _pool(self) -> urllib3.HTTPConnectionPool:
        host = self._host
        if self._context is None:
            return urllib3.HTTPConnectionPool(_HERE, host.http_port)
        return urllib3.HTTPSConnectionPool(
            _HERE,
            host.https_port,
            ssl_context=self._context,
            server_hostname=host.name,
        )


def raise_untrusted(error: Exception, name: str) -> None:
    """Raise UsageError where a certificate is the reason of `error`; no waiting mends that."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            raise UsageError(
                f"the certificate of {name} is not trusted: {seen.verify_message or seen}",
                remedy="give --ca-file with the certificate of the CA that signed it",
            )
        seen = seen.__cause__ or seen.__context__


def _context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"the CA file {ca_file} cannot be used: {error.strerror or error}",
                remedy="give --ca-file a file of CA certificates in PEM",
            ) from None
    return context


def _trouble(component: Fields) -> Trouble:
    name, error = component.text("name"), component.text("error")
    container = f"harbor-{name}" if name in _PREFIXED else _CONTAINERS.get(name, name)
    return Trouble(f"{name} is down{f' ({error})' if error else ''}", container)
