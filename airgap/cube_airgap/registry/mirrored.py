"""A repository behind mirrors: they are asked first, and the origin for what they lack."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cube_airgap.errors import AuthenticationError, IntegrityError, MissingError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.errors import AirgapError
    from cube_airgap.image_source import Referrer
    from cube_airgap.manifest import Manifest
    from cube_airgap.reference import Reference
    from cube_airgap.registry.repository import Repository

Result = TypeVar("Result")

# Whatever is wrong with a mirror, the origin may still do.
_NEXT = (AuthenticationError, IntegrityError, MissingError, NetworkError)


@dataclass(frozen=True)
class MirroredRepository:
    """A RegistrySource: the first of `sources` that gives what is asked for; the origin is last."""

    sources: tuple[Repository, ...]

    def resolve(self, reference: Reference) -> Manifest:
        """The manifest from the first source that has it."""
        return self._first(lambda source: source.resolve(reference))

    def tags(self) -> tuple[str, ...]:
        """All that any of the sources lists: a proxy may list only what was asked for."""
        errors: list[AirgapError] = []
        found: dict[str, None] = {}
        for source in self.sources:
            try:
                found |= dict.fromkeys(source.tags())
            except _NEXT as error:
                errors.append(error)
        if len(errors) == len(self.sources):
            raise self._all_failed(errors)
        return tuple(found)

    def digest_of(self, reference: Reference) -> Digest:
        """The digest that the first source tells that has it."""
        return self._first(lambda source: source.digest_of(reference))

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The manifest from the first source that has it."""
        return self._first(lambda source: source.manifest(descriptor))

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The blob's bytes; the next source goes on where one gave up."""
        position = start
        errors: list[AirgapError] = []
        for source in self.sources:
            try:
                with closing(source.read_blob(blob, position, end)) as pieces:
                    for piece in pieces:
                        position += len(piece)
                        yield piece
            except _NEXT as error:
                errors.append(error)
            else:
                return
        raise self._all_failed(errors)

    def referrers(self, subject: Digest) -> tuple[Referrer, ...]:
        """From the first source that has any: a proxy may have the image without its signature."""
        errors: list[AirgapError] = []
        for source in self.sources:
            try:
                found = source.referrers(subject)
            except _NEXT as error:
                errors.append(error)
            else:
                if found:
                    return found
        if len(errors) == len(self.sources):
            raise self._all_failed(errors)
        return ()

    def _first(self, ask: Callable[[Repository], Result]) -> Result:
        errors: list[AirgapError] = []
        for source in self.sources:
            try:
                return ask(source)
            except _NEXT as error:
                errors.append(error)
        raise self._all_failed(errors)

    def _all_failed(self, errors: list[AirgapError]) -> AirgapError:
        """The origin's error, which tells of the mirrors' too."""
        last = errors[-1]
        others = "".join(
            f"; its mirror {source.endpoint.host}, asked before: {error}"
            for source, error in zip(self.sources, errors[:-1], strict=False)
        )
        return type(last)(f"{last}{others}", remedy=last.remedy)
