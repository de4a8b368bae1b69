"""Several bundles as one place that images come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError, MissingError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from cube_airgap.bundle import Bundle
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.image_source import Referrer
    from cube_airgap.manifest import Manifest
    from cube_airgap.reference import Reference


@dataclass(frozen=True)
class BundlesSource:
    """An ImageSource: whatever is asked for comes from the first bundle that carries it."""

    bundles: Sequence[Bundle]

    def resolve(self, reference: Reference) -> Manifest:
        """The manifest by its digest, which `reference` must have."""
        if reference.digest is None:
            raise self._lacking(str(reference))
        return self._manifest(reference.digest)

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The manifest that `descriptor` points at."""
        found = self._manifest(descriptor.digest)
        if len(found.raw) != descriptor.size:
            raise IntegrityError(
                f"manifest {descriptor.digest} has {len(found.raw)} bytes, and {descriptor.size} "
                "by what points at it",
                remedy="whoever built the bundle got a damaged index: build it again",
            )
        return found

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The blob's bytes from `start` up to `end`."""
        yield from self._holder(blob.digest, f"blob {blob.digest}").read_blob(blob, start, end)

    def referrers(self, subject: Digest) -> tuple[Referrer, ...]:  # noqa: ARG002 - the protocol's
        """None: which ones belong to an image, its bundle's catalogue says."""
        return ()

    def _manifest(self, digest: Digest) -> Manifest:
        return self._holder(digest, f"manifest {digest}").manifest(digest)

    def _holder(self, digest: Digest, what: str) -> Bundle:
        for bundle in self.bundles:
            if bundle.has(digest):
                return bundle
        raise self._lacking(what)

    def _lacking(self, what: str) -> MissingError:
        return MissingError(
            f"none of the bundles carries {what}",
            remedy="name every bundle since the last whole one, the delta last; if one is lost, "
            "build from the delta's lock instead",
        )
