"""The credentials of a kubeconfig's user: certificate, token, file with a token, plugin."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_install.kubernetes.access import ClientCertificate, FixedCredentials, Identity
from cube_install.kubernetes.exec_plugin import ExecPlugin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cube_install.kubernetes.access import Credentials
    from cube_install.kubernetes.kubeconfig import Entry

_REREAD_SECONDS = 60.0
_NOBODY = FixedCredentials("no user")


def user_credentials(
    user: Entry | None, cluster: Entry, environment: Mapping[str, str]
) -> Credentials:
    """What `user` shows to `cluster`; of several ways the one that client-go prefers.

    Raises UsageError.
    """
    if user is None:
        return _NOBODY
    certificate = _certificate(user)
    if path := user.path("tokenFile"):
        return TokenFile(path, user.origin, certificate)
    header = f"Bearer {token}" if (token := user.text("token")) else _basic(user)
    plugin = user.mapping("exec")
    if plugin and not header:
        return ExecPlugin.of(user, plugin, cluster, environment)
    header = header or _provided(user)
    return FixedCredentials(user.origin, Identity(header, certificate))


def _basic(user: Entry) -> str:
    name = user.text("username")
    login = f"{name}:{user.text('password')}".encode()
    return f"Basic {base64.b64encode(login).decode()}" if name else ""


def _certificate(user: Entry) -> ClientCertificate | None:
    chain, key = user.data("client-certificate"), user.data("client-key")
    if bool(chain) != bool(key):
        lacking = "client-key" if chain else "client-certificate"
        raise user.error(f"it lacks {lacking}")
    return ClientCertificate(chain, key) if chain else None


def _provided(user: Entry) -> str:
    """What an `auth-provider` of kubectl before 1.26 left in the file, as a header."""
    provider = user.mapping("auth-provider")
    if not provider:
        return ""
    config = provider.get("config")
    found = config if isinstance(config, dict) else {}
    token = found.get("id-token") or found.get("access-token")
    if not isinstance(token, str):
        raise UsageError(
            f"kubeconfig {user.file}, user {user.name}: its auth-provider has no token",
            remedy="log in anew with its tool, or use a kubeconfig with a token, a certificate or "
            "an exec plugin (kubelogin, gke-gcloud-auth-plugin)",
        )
    return f"Bearer {token}"


@dataclass
class TokenFile:
    """A token in a file that others renew; it is read anew each minute, and when it is refused."""

    path: Path
    origin: str
    certificate: ClientCertificate | None = field(default=None, repr=False)
    _identity: Identity | None = field(default=None, repr=False)
    _read_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def identity(self) -> Identity:
        """What to show now. Raises UsageError where the file cannot be read."""
        with self._lock:
            if self._identity is None or time.monotonic() - self._read_at > _REREAD_SECONDS:
                self._identity = self._read()
            return self._identity

    def renew(self, refused: Identity) -> bool:
        """Whether the file has another token by now. Raises UsageError."""
        with self._lock:
            if self._identity == refused:
                self._identity = self._read()
            return self._identity != refused

    def _read(self) -> Identity:
        try:
            token = self.path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise UsageError(
                f"the file {self.path} with the token of {self.origin} cannot be read: {why}",
                remedy="see that what renews it does, and that you may read it",
            ) from None
        self._read_at = time.monotonic()
        return Identity(f"Bearer {token}", self.certificate)
