"""The two ways to connect: with a verified certificate, or, where the user says so, without."""

from __future__ import annotations

import ssl
import warnings
from typing import TYPE_CHECKING, Any

import urllib3.exceptions
from requests.adapters import HTTPAdapter

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_HOSTS = 32
_CONNECTIONS = 32


class TlsAdapter(HTTPAdapter):
    """Pooled connections that all use one TLS context, and are never retried by the library."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=_HOSTS, pool_maxsize=_CONNECTIONS, max_retries=0)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - the signature is the library's
        **more: Any,  # noqa: ANN401 - the library's
    ) -> None:
        """Give direct connections the context."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **more)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:  # noqa: ANN401 - the library's
        """Give connections through a proxy the context."""
        return super().proxy_manager_for(proxy, ssl_context=self._context, **more)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ANN401
        """Leave trust to the context: the library would load its own CAs for each connection."""


def verifying_adapter(ca_file: Path | None) -> TlsAdapter:
    """Trusts the system's CAs, and those in `ca_file` beside them. Raises UsageError."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            why = "holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise UsageError(
                f"the CA file {ca_file} cannot be used: {why}",
                remedy="give --ca-file a file of CA certificates in PEM format",
            ) from None
    return TlsAdapter(context)


def trusting_adapter() -> TlsAdapter:
    """Accepts any certificate. For hosts that the user named as insecure, and no others."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # The user asked for this; a warning for each request would tell nothing new.
    warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
    return TlsAdapter(context)
