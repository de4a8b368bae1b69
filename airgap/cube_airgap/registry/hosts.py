"""A registry's host as people name it, and the host that answers for it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from cube_airgap.errors import UsageError
from cube_airgap.reference import DOCKER_HUB

# Docker Hub is one registry under several names, of which only one speaks the protocol.
_HUB_API = "registry-1.docker.io"
_HUB_NAMES = frozenset({DOCKER_HUB, "index.docker.io", "registry.hub.docker.com", _HUB_API})

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[A-Fa-f0-9:.]+\])(?::[0-9]{{1,5}})?")
_DEFAULT_PORT = {"http": 80, "https": 443}


def parse_host(text: str, *, where: str) -> str:
    """Read `HOST[:PORT]`; `where` names the option or file that has it. Raises UsageError.

    Docker Hub's other names become `docker.io`.
    """
    if not _HOST.fullmatch(text):
        raise UsageError(
            f"{text[:200]!r} ({where}) is not a registry's host",
            remedy="write HOST or HOST:PORT, without https:// and without a path",
        )
    host = text.lower()
    return DOCKER_HUB if host in _HUB_NAMES else host


def api_host(host: str) -> str:
    """The host to connect to for references of `host`."""
    return _HUB_API if host in _HUB_NAMES else host


def known_as(host: str) -> str:
    """The name that people know an API host by."""
    return DOCKER_HUB if host in _HUB_NAMES else host


def host_of(url: str) -> str:
    """The `HOST[:PORT]` of a URL, without its scheme's default port.

    Raises ValueError when the URL has none.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(f"{shown(url)} has no host")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.port in {None, _DEFAULT_PORT.get(parts.scheme)}:
        return name
    return f"{name}:{parts.port}"


def shown(url: str) -> str:
    """`url` fit for an error: a query may hold a signature, and user information a password."""
    head, _, _ = url.partition("?")
    scheme, mark, rest = head.partition("#")[0].rpartition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"
