"""Docker's `daemon.json`, changed where images are pulled and kept everywhere else.

docs.docker.com, "dockerd", daemon configuration file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

CERTIFICATES = "/etc/docker/certs.d"
_INSECURE, _MIRRORS = "insecure-registries", "registry-mirrors"


class DockerConfig:
    """The settings of a daemon; `where` names the file in errors."""

    def __init__(self, text: str, where: str) -> None:
        """Raises UsageError for what is no JSON object."""
        self._before = text
        self._where = where
        try:
            self._settings: dict[str, Any] = json.loads(text) if text.strip() else {}
        except ValueError as error:
            raise self._error(f"is not JSON: {error}") from None
        if not isinstance(self._settings, dict):
            raise self._error("is not a JSON object")
        self._is_changed = False

    @property
    def text(self) -> str:
        """The file's text: as it was where nothing is to be changed."""
        if not self._is_changed:
            return self._before
        return json.dumps(self._settings, indent=2, ensure_ascii=False) + "\n"

    def allow_insecure(self, host: str) -> None:
        """Let the daemon pull from `host` without verified TLS."""
        self._put(_INSECURE, [*self._list(_INSECURE), host], host)

    def use_mirror(self, url: str) -> None:
        """Ask `url` first for images of docker.io. Docker has mirrors for no other host."""
        url = url.rstrip("/")
        self._put(_MIRRORS, [url, *self._list(_MIRRORS)], url)

    def use_nvidia(self, program: str) -> None:
        """Let containers see the node's GPUs."""
        runtimes = self._settings.setdefault("runtimes", {})
        if not isinstance(runtimes, dict):
            raise self._error("has runtimes that are no JSON object")
        if "nvidia" not in runtimes:
            runtimes["nvidia"] = {"path": program, "runtimeArgs": []}
            self._is_changed = True
        if self._settings.get("default-runtime") != "nvidia":
            self._settings["default-runtime"] = "nvidia"
            self._is_changed = True

    def _list(self, key: str) -> Sequence[str]:
        value = self._settings.get(key, [])
        if not isinstance(value, list):
            raise self._error(f"has {key} that are no list")
        return value

    def _put(self, key: str, values: list[str], what: str) -> None:
        if what not in [one.rstrip("/") for one in self._list(key)]:
            self._settings[key] = values
            self._is_changed = True

    def _error(self, why: str) -> UsageError:
        return UsageError(
            f"{self._where} {why}", remedy="correct it by hand first; nothing was changed"
        )
