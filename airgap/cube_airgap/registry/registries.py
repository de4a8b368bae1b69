"""All registries of one run: one client that shares connections, tokens and patience."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cube_airgap.closing import Closing
from cube_airgap.registry.destination import Destination
from cube_airgap.registry.endpoint import Endpoint
from cube_airgap.registry.mirrored import MirroredRepository
from cube_airgap.registry.repository import Repository
from cube_airgap.registry.retries import Retries
from cube_airgap.registry.transport import Transport

if TYPE_CHECKING:
    from cube_airgap.image_source import RegistrySource
    from cube_airgap.reference import Reference
    from cube_airgap.registry.access import RegistryAccess


class Registries(Closing):
    """Opens repositories of any registry. Safe to use from several threads."""

    def __init__(self, access: RegistryAccess) -> None:
        """Raises UsageError when the CA file cannot be used."""
        self._access = access
        self._transport = Transport(access)
        self._retries = Retries(access.patience)
        self._endpoints: dict[str, Endpoint] = {}
        self._lock = threading.Lock()

    def repository(self, reference: Reference) -> RegistrySource:
        """The repository of `reference`, behind its mirrors; nothing is sent yet."""
        origin = self._repository(reference.host, reference.repository)
        mirrors = [
            self._repository(mirror.host, mirror.repository(reference.repository))
            for mirror in self._access.mirrors
            if mirror.origin == reference.host
        ]
        if mirrors:
            return MirroredRepository((*mirrors, origin))
        return origin

    def destination(self, host: str) -> Destination:
        """The registry at `host`, to push into; nothing is sent yet."""
        return Destination(self._endpoint(host), self._access, self._transport, self._retries)

    def _repository(self, host: str, name: str) -> Repository:
        return Repository(self._endpoint(host), name, self._retries)

    def _endpoint(self, host: str) -> Endpoint:
        with self._lock:
            if host not in self._endpoints:
                self._endpoints[host] = Endpoint(host, self._transport, self._access.credentials)
            return self._endpoints[host]

    def close(self) -> None:
        """Close idle connections, and end every wait; reads under way fail soon after."""
        self._retries.stop()
        self._transport.close()
