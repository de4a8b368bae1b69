"""What goes wrong on the way to a host, translated once from the libraries' exceptions."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING

import requests
import urllib3.exceptions as u3

from cube_airgap.errors import NetworkError
from cube_airgap.registry.hosts import host_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.errors import AirgapError

# All that requests, urllib3, http.client and sockets raise while they send or receive.
FOREIGN_ERRORS = (requests.RequestException, u3.HTTPError, http.client.HTTPException, OSError)

# What OpenSSL makes of an answer that is no TLS.
_NO_TLS = {
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "INVALID_RECORD_TYPE",
}
_UNUSABLE_ADDRESS = (
    u3.LocationValueError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    UnicodeError,
)
_LATER = "run the same command again later; what is finished is kept"


class TemporaryFault(Exception):  # noqa: N818 - not an error before every try is used up
    """A fault that may pass. `error` is what to raise when it does not.

    `wait` is how many seconds the host asks to wait, or None. `unreached` is set where no
    connection was made at all. `status` is what the host answered; None when no answer came.
    """

    def __init__(
        self,
        error: AirgapError,
        *,
        wait: float | None = None,
        unreached: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait
        self.unreached = unreached
        self.status = status


def translated(error: Exception, url: str) -> TemporaryFault | NetworkError:
    """What `error`, one of FOREIGN_ERRORS, means for a request to `url`."""
    causes = list(causes_of(error))
    host = host_of(url)
    if any(isinstance(cause, u3.ProxyError) for cause in causes):
        return TemporaryFault(_proxy_fails(host, causes), unreached=True)
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and (fault := _tls_fault(cause, host)):
            return fault
    for cause in causes:
        if fault := _unreached(cause, host):
            return TemporaryFault(fault, unreached=True)
    if any(isinstance(cause, _UNUSABLE_ADDRESS) for cause in causes):
        return NetworkError(
            f"{shown(url)[:300]} cannot be asked for",
            remedy=f"{host} or a proxy before it sends malformed addresses: tell its operator",
        )
    return TemporaryFault(_broken(causes, host))


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything that it wraps; each library has its own way to wrap."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]


def _tls_fault(cause: ssl.SSLError, host: str) -> NetworkError | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NetworkError(
            f"the certificate of {host} is not trusted: {cause.verify_message}",
            remedy=f"give the CA that signed it with --ca-file FILE, or --insecure {host} to go "
            "without this check",
        )
    if (cause.reason or "") in _NO_TLS:
        return NetworkError(
            f"{host} speaks plain HTTP where TLS is expected",
            remedy=f"give --insecure {host} if that is meant; else check the port",
        )
    return None


def _unreached(cause: BaseException, host: str) -> NetworkError | None:
    if isinstance(cause, socket.gaierror | u3.NameResolutionError):
        return NetworkError(
            f"the name of {host} cannot be resolved",
            remedy="check the spelling, this host's DNS, and HTTPS_PROXY if a proxy is needed",
        )
    if isinstance(cause, u3.ConnectTimeoutError) and not isinstance(cause, u3.NewConnectionError):
        return NetworkError(
            f"{host} does not answer",
            remedy="check the name, a firewall, and HTTPS_PROXY if a proxy is needed",
        )
    if isinstance(cause, u3.NewConnectionError | ConnectionRefusedError):
        return NetworkError(
            f"{host} cannot be connected to: {told_shortly(cause)}",
            remedy="check the name and the port, and that the registry runs",
        )
    return None


def _broken(causes: list[BaseException], host: str) -> NetworkError:
    if any(isinstance(cause, u3.ReadTimeoutError | requests.ReadTimeout) for cause in causes):
        what = f"{host} stopped sending"
    elif any(isinstance(cause, u3.IncompleteRead) for cause in causes):
        what = f"{host} ended its answer too early"
    else:
        what = f"the connection to {host} broke: {told_shortly(causes[-1])}"
    return NetworkError(what, remedy=_LATER)


def _proxy_fails(host: str, causes: list[BaseException]) -> NetworkError:
    return NetworkError(
        f"the proxy on the way to {host} fails: {told_shortly(causes[-1])}",
        remedy="check HTTP_PROXY and HTTPS_PROXY, and name hosts to be reached without them in "
        "NO_PROXY",
    )


def told_shortly(cause: BaseException) -> str:
    """A cause in few words; the text of the libraries' own holds addresses of objects and URLs."""
    for one in causes_of(cause):
        if isinstance(one, OSError) and one.strerror:
            return one.strerror.lower()
    return type(cause).__name__
