"""All registries of one run: one client that shares connections, tokens and patience."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from cube_airgap.image_source import ImageSource
    from cube_airgap.reference import Reference
    from cube_airgap.registry.access import RegistryAccess


class Registries:
    """Opens repositories of any registry. Safe to use from several threads."""

    def __init__(self, access: RegistryAccess) -> None:
        self._access = access

    def repository(self, reference: Reference) -> ImageSource:
        """The repository of `reference`, behind its mirrors; nothing is sent yet."""
        raise NotImplementedError

    def close(self) -> None:
        """Close every connection, and end every wait."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
