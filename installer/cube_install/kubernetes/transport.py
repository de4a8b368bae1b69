"""Sending one HTTP request to an API server, over pooled connections."""

from __future__ import annotations

import http.client
import re
import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
import urllib3.exceptions as u3
from requests.utils import get_environ_proxies, select_proxy

from cube_install.kubernetes.access import without_user
from cube_install.kubernetes.connection_faults import translated
from cube_install.kubernetes.status import Reply
from cube_install.kubernetes.tls import tls_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_install.kubernetes.access import ClientCertificate, ClusterAccess, Identity
    from cube_install.kubernetes.patience import Patience

USER_AGENT = "cube-airgap"
_CONNECTIONS = 32
_FOREIGN_ERRORS = (u3.HTTPError, http.client.HTTPException, OSError)
# RFC 7234, 5.5: a code, who warns, and the quoted text.
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")


@dataclass(frozen=True)
class Request:
    """A request; `path` starts at the server's root and has its query."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    accept: str = "application/json"


class Transport:
    """Sends requests, each as the identity given. Safe to use from several threads."""

    def __init__(self, access: ClusterAccess, patience: Patience) -> None:
        self.access = access
        self._outage = patience.outage
        self._timeout = urllib3.Timeout(connect=patience.connect, read=patience.read)
        self._lock = threading.Lock()
        self._certificate: ClientCertificate | None = None
        self._pool: urllib3.PoolManager | None = None

    def send(self, request: Request, identity: Identity) -> Reply:
        """Send once; a refusal is a reply like any other.

        Raises UsageError, NetworkError, and PassingFault for what may pass.
        """
        pool = self._pool_for(identity.certificate)
        url = without_user(self.access.server) + request.path
        try:
            response = pool.request(
                request.method,
                url,
                body=request.body,
                headers=self._headers(request, identity),
                timeout=self._timeout,
                retries=False,
                redirect=False,
            )
        except _FOREIGN_ERRORS as error:
            raise translated(error, self.access, self._outage) from error
        headers = {name.lower(): text for name, text in response.headers.items()}
        told = ", ".join(response.headers.getlist("Warning"))
        found = (_ESCAPED.sub(r"\1", text) for text in _WARNING.findall(told))
        return Reply(response.status, response.data, headers, tuple(found))

    def _headers(self, request: Request, identity: Identity) -> Mapping[str, str]:
        headers = urllib3.HTTPHeaderDict({"User-Agent": USER_AGENT, "Accept": request.accept})
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        if identity.authorization:
            headers["Authorization"] = identity.authorization
        for name, text in self.access.headers:
            headers.add(name, text)
        return headers

    def _pool_for(self, certificate: ClientCertificate | None) -> urllib3.PoolManager:
        """Connections that show `certificate`; a plugin may give another one over time."""
        with self._lock:
            if self._pool is None or certificate != self._certificate:
                self._pool = self._new_pool(certificate)
                self._certificate = certificate
            return self._pool

    def _new_pool(self, certificate: ClientCertificate | None) -> urllib3.PoolManager:
        access = self.access
        context = tls_context(access, certificate)
        if access.is_insecure:
            # The kubeconfig asks for this; a warning for each request would tell nothing new.
            warnings.simplefilter("ignore", u3.InsecureRequestWarning)
        more: dict[str, Any] = {"maxsize": _CONNECTIONS, "ssl_context": context}
        if access.server_name:
            more["server_hostname"] = access.server_name
        proxy = proxy_for(access)
        if not proxy:
            return urllib3.PoolManager(**more)
        user = urllib3.util.parse_url(proxy).auth
        return urllib3.ProxyManager(
            without_user(proxy),
            proxy_headers=urllib3.make_headers(proxy_basic_auth=user) if user else None,
            **more,
        )

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            if self._pool is not None:
                self._pool.clear()


def proxy_for(access: ClusterAccess) -> str:
    """The URL of the proxy before the cluster: the kubeconfig's, or the environment's, or none."""
    if access.proxy:
        return access.proxy
    if _LOOPBACK.fullmatch(urlsplit(access.server).hostname or ""):
        return ""  # as kubectl does, whatever the environment says
    url = without_user(access.server)
    return select_proxy(url, get_environ_proxies(url, no_proxy=None)) or ""
