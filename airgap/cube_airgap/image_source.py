"""Where images come from: the protocol that registry, layout, archive and bundle implement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest
    from cube_airgap.reference import Reference

LARGEST_PIECE = 4 << 20


@dataclass(frozen=True, slots=True)
class Referrer:
    """A manifest about another one: signature, attestation, SBOM.

    `tag` is set where the link is a tag (`sha256-….sig`, cosign's way) and empty where it is the
    manifest's `subject`.
    """

    descriptor: Descriptor
    tag: str = ""


class BlobSource(Protocol):
    """Something that can stream a blob."""

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The blob's bytes from offset `start` up to `end`, in pieces of at most LARGEST_PIECE.

        None means to the blob's end; nothing past `end` is fetched. What is temporary is retried
        inside, going on where it broke. The digest is the caller's to check. Raises AirgapError;
        IntegrityError when more or fewer bytes come. Closing the iterator early lets go of the
        connection or file.
        """
        ...


class ImageSource(BlobSource, Protocol):
    """One repository of one origin. Safe to use from several threads."""

    def resolve(self, reference: Reference) -> Manifest:
        """The manifest of `reference`: by its digest if it has one, else by its tag.

        Raises MissingError naming what is there instead, where the origin tells.
        """
        ...

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The manifest that `descriptor` points at, checked against its digest and size."""
        ...

    def referrers(self, subject: Digest) -> tuple[Referrer, ...]:
        """What is attached to `subject`, by the referrers API, its fallback tag, or cosign tags."""
        ...


class RegistrySource(ImageSource, Protocol):
    """One repository of a registry, where a name's digest can be had without its manifest."""

    def tags(self) -> tuple[str, ...]:
        """All tags of the repository. Raises AirgapError."""
        ...

    def digest_of(self, reference: Reference) -> Digest:
        """The digest that resolve() would find, by one HEAD request. Raises as resolve() does."""
        ...
