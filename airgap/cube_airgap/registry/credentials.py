"""Which login belongs to which registry: an explicit file first, then Docker's configuration."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from cube_airgap.registry.creds_file import read_creds_file
from cube_airgap.registry.docker_config import DockerConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cube_airgap.registry.login import Login


class Credentials:
    """Looks up logins by host. Without arguments there are none, and everything is anonymous.

    Nothing else is consulted, no netrc either. Safe to use from several threads.
    """

    def __init__(
        self, logins: Mapping[str, Login] | None = None, docker: DockerConfig | None = None
    ) -> None:
        """`logins`, by host, win over what Docker's configuration says."""
        self._logins = dict(logins or {})
        self._docker = docker
        self._found: dict[str, Login | None] = {}
        self._lock = threading.Lock()

    @classmethod
    def read(cls, *, docker_config: Path | None = None, creds_file: Path | None = None) -> Self:
        """Read Docker's `config.json`, which may be absent, and the explicit file, which may not.

        Raises UsageError.
        """
        return cls(
            read_creds_file(creds_file) if creds_file else None,
            DockerConfig.read(docker_config) if docker_config else None,
        )

    def with_login(self, host: str, login: Login) -> Credentials:
        """The same, but for `host` with `login`."""
        return Credentials({**self._logins, host: login}, self._docker)

    def of(self, host: str) -> Login | None:
        """The login for `host`, or None. A credential helper is asked once for each host.

        Raises AuthenticationError when a helper fails, UsageError when an entry is malformed.
        """
        if host in self._logins:
            return self._logins[host]
        if self._docker is None:
            return None
        with self._lock:
            if host not in self._found:
                self._found[host] = self._docker.login(host)
            return self._found[host]
