"""What is pushed: the protocol that a bundle and images at their origins implement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cube_airgap.image_source import BlobSource

if TYPE_CHECKING:
    from cube_airgap.catalogue import Catalogue
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest


class Content(BlobSource, Protocol):
    """Images that a catalogue lists, and all that is carried of them. Safe for threads."""

    @property
    def catalogue(self) -> Catalogue:
        """What there is."""
        ...

    def has(self, digest: Digest) -> bool:
        """Whether that blob or manifest can be had."""
        ...

    def manifest(self, digest: Digest) -> Manifest:
        """A manifest by digest, checked against it. Raises MissingError, IntegrityError."""
        ...
