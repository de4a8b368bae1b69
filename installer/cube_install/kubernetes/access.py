"""How a cluster is reached: its address, what is trusted, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with its chain, and its key, both PEM."""

    chain: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """What shows a server who asks: an `Authorization` header, a certificate, both or nothing."""

    authorization: str = field(default="", repr=False)
    certificate: ClientCertificate | None = None


class Credentials(Protocol):
    """Where identities come from. Safe to use from several threads."""

    @property
    def origin(self) -> str:
        """Where they come from, for people."""

    def identity(self) -> Identity:
        """What to show now. Raises AirgapError."""

    def renew(self, refused: Identity) -> bool:
        """After a server refused an identity: whether identity() gives another one from now on.

        Raises AirgapError.
        """


@dataclass(frozen=True, slots=True)
class FixedCredentials:
    """The same identity at all times."""

    origin: str
    fixed: Identity = Identity()

    def identity(self) -> Identity:
        """What to show now."""
        return self.fixed

    def renew(self, refused: Identity) -> bool:
        """Nothing can be done."""
        return refused != self.fixed


@dataclass(frozen=True)
class ClusterAccess:
    """How the cluster at the URL `server` is reached; `origin` says where all this was read.

    Only the CAs in `ca` (PEM) are trusted, or those of the system where it is empty. `server_name`
    is the name in the server's certificate where it is not the one in its URL. `headers` go with
    each request.
    """

    server: str
    origin: str
    credentials: Credentials
    ca: bytes = b""
    is_insecure: bool = False
    server_name: str = ""
    proxy: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The server's URL without credentials."""
        return without_user(self.server)


def without_user(url: str) -> str:
    """`url` without user information, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
