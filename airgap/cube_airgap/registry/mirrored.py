"""A repository behind mirrors: they are asked first, and the origin for what they lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.registry.places import answers, first_answer, streamed

if TYPE_CHECKING:
    from collections.abc import Generator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.image_source import Referrer
    from cube_airgap.manifest import Manifest
    from cube_airgap.reference import Reference
    from cube_airgap.registry.repository import Repository


@dataclass(frozen=True)
class MirroredRepository:
    """A RegistrySource: the first of `sources` that gives what is asked for; the origin is last."""

    sources: tuple[Repository, ...]

    def resolve(self, reference: Reference) -> Manifest:
        """The manifest from the first source that has it."""
        return first_answer(self.sources, lambda source: source.resolve(reference))

    def tags(self) -> tuple[str, ...]:
        """All that any of the sources lists: a proxy may list only what was asked for."""
        found = answers(self.sources, lambda source: source.tags())
        return tuple(dict.fromkeys(tag for tags in found for tag in tags))

    def digest_of(self, reference: Reference) -> Digest:
        """The digest that the first source tells that has it."""
        return first_answer(self.sources, lambda source: source.digest_of(reference))

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The manifest from the first source that has it."""
        return first_answer(self.sources, lambda source: source.manifest(descriptor))

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The blob's bytes; the next source goes on where one gave up."""
        return streamed(
            self.sources, lambda source, position: source.read_blob(blob, position, end), start
        )

    def referrers(self, subject: Digest) -> tuple[Referrer, ...]:
        """From the first source that has any: a proxy may have the image without its signature."""
        found = answers(self.sources, lambda source: source.referrers(subject))
        return next(filter(None, found), ())
