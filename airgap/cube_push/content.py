"""What is pushed: the protocols that a bundle and images at their origins implement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cube_airgap.image_source import BlobSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.catalogue import Catalogue
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest


class Listing(Protocol):
    """Images that a catalogue lists, and their manifests: enough to plan a push."""

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


class Content(BlobSource, Listing, Protocol):
    """The same with all blobs that are carried. Safe for threads."""

    def in_order(self) -> Iterator[Descriptor] | None:
        """The blobs in the order in which alone they can be read, once; None where any will do.

        Raises IntegrityError, while it is consumed, where they end early.
        """
        ...
