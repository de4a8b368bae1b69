"""A registry to push into: its repositories, and what they share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cube_airgap.registry.push_repository import PushRepository
from cube_airgap.registry.repository import Repository
from cube_airgap.registry.upload_sizing import UploadSizing

if TYPE_CHECKING:
    from cube_airgap.registry.access import RegistryAccess
    from cube_airgap.registry.endpoint import Endpoint
    from cube_airgap.registry.retries import Retries
    from cube_airgap.registry.transport import Transport

# The name under which every Harbor issues tokens (harbor, src/core/service/token/creator.go).
_HARBOR_TOKENS = "harbor-registry"


class Destination:
    """The registry at `endpoint`. Safe to use from several threads."""

    def __init__(
        self, endpoint: Endpoint, access: RegistryAccess, transport: Transport, retries: Retries
    ) -> None:
        self.endpoint = endpoint
        self.credentials = access.credentials
        self.transport = transport
        self.retries = retries
        self.sizing = UploadSizing()

    @property
    def host(self) -> str:
        """As people name it."""
        return self.endpoint.host

    @cached_property
    def is_harbor_s(self) -> bool:
        """Whether its tokens are a Harbor's: they are good for a whole project each.

        Tokens with many scopes are longer than Harbor's own proxy lets through. Raises AirgapError.
        """
        service = self.retries.run(lambda: self.endpoint.token_service)
        return service == _HARBOR_TOKENS

    def repository(self, name: str) -> PushRepository:
        """A repository of it. Raises AirgapError where the registry cannot be reached."""
        scope = self._scope_name(name)
        return PushRepository(self.endpoint, name, scope, self.retries, self.sizing)

    def source(self, name: str) -> Repository:
        """A repository of it, to be read alone. Raises AirgapError as repository() does."""
        return Repository(self.endpoint, name, self.retries, self._scope_name(name))

    def _scope_name(self, name: str) -> str:
        """The repository to ask a token for."""
        project, _, _ = name.partition("/")
        # Harbor looks at the project alone; so one made-up repository will do for all of them.
        return f"{project}/any" if self.is_harbor_s else name
