"""Docker's `config.json`: logins in it, and helpers that it names (docker/cli, cli/config)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.errors import UsageError
from cube_airgap.reference import DOCKER_HUB
from cube_airgap.registry.credential_helper import ask_helper
from cube_airgap.registry.hosts import parse_host
from cube_airgap.registry.login import Login

if TYPE_CHECKING:
    from pathlib import Path

# Docker Hub's key in every Docker configuration and for every helper.
_HUB_SERVER = "https://index.docker.io/v1/"
_PROTOCOL_PATHS = {"", "v1", "v2"}


@dataclass(frozen=True)
class DockerConfig:
    """The parts of a Docker configuration that tell logins, with hosts as keys.

    `auths` has each host's key as it was written and its entry, `helpers` the same with the name of
    its helper; `store` is the helper of all others, or empty.
    """

    path: Path
    auths: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    helpers: dict[str, tuple[str, str]] = field(default_factory=dict)
    store: str = ""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; one that is not there says nothing. Raises UsageError."""
        try:
            body = json.loads(path.read_bytes() or b"{}")
        except (FileNotFoundError, NotADirectoryError):
            return cls(path)
        except OSError as error:
            raise _unusable(path, f"cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            raise _unusable(path, "is not JSON") from None
        if not isinstance(body, dict):
            raise _unusable(path, "is not a JSON object")
        return cls(
            path,
            _by_host(path, body, "auths", dict),
            _by_host(path, body, "credHelpers", str),
            str(body.get("credsStore") or ""),
        )

    def login(self, host: str) -> Login | None:
        """The login for `host`: the helper's when one is named, else the file's own, or None.

        Raises AuthenticationError when a helper fails, UsageError when an entry is malformed.
        """
        written, entry = self.auths.get(host, ("", {}))
        server, helper = self.helpers.get(host, (written, self.store))
        if helper:
            usual = _HUB_SERVER if host == DOCKER_HUB else host
            found = ask_helper(helper, server or usual, where=str(self.path))
            if found:
                return found
        return self._own(host, entry)

    def _own(self, host: str, entry: dict[str, Any]) -> Login | None:
        origin = str(self.path)
        if token := entry.get("identitytoken"):
            return Login(origin, identity_token=str(token))
        if encoded := entry.get("auth"):
            username, password = self._decoded(host, str(encoded))
            return Login(origin, username, password)
        if entry.get("username"):
            return Login(origin, str(entry["username"]), str(entry.get("password", "")))
        return None

    def _decoded(self, host: str, encoded: str) -> tuple[str, str]:
        try:
            username, colon, password = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            colon = ""
        if not colon:
            raise _unusable(self.path, f"has an `auth` for {host} that is not base64 of USER:PASS")
        # Docker itself has written NUL bytes to the end of passwords.
        return username, password.rstrip("\0")


def _by_host(path: Path, body: dict[str, Any], key: str, kind: type) -> dict[str, tuple[str, Any]]:
    entries = body.get(key) or {}
    if not isinstance(entries, dict):
        raise _unusable(path, f"has a `{key}` that is not an object")
    found: dict[str, tuple[str, Any]] = {}
    for written, value in entries.items():
        host = _host(written)
        # A key with https:// is what old versions wrote; the plain one is newer.
        if host and isinstance(value, kind) and (host not in found or "://" not in written):
            found[host] = (written, value)
    return found


def _host(written: str) -> str | None:
    """The host that a key means, or None: a key with a path is for some repositories only."""
    name = written.rpartition("://")[2]
    host, _, rest = name.partition("/")
    if rest.strip("/") not in _PROTOCOL_PATHS:
        return None
    try:
        return parse_host(host, where="Docker's configuration")
    except UsageError:
        return None


def _unusable(path: Path, why: str) -> UsageError:
    return UsageError(
        f"Docker's configuration {path} {why}",
        remedy="repair it (docker logout and docker login), or point DOCKER_CONFIG elsewhere",
    )
