"""Images at their origins as a content to push: no bundle is written, and no layer is staged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError
from cube_airgap.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Generator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_bundle.plan import BundlePlan


class OriginContent:
    """A cube_push.content.Content: what a bundle of `plan` would hold, read where it comes from."""

    def __init__(self, plan: BundlePlan) -> None:
        self._plan = plan
        self.catalogue = plan.catalogue

    def has(self, digest: Digest) -> bool:
        """Whether that blob or manifest is planned."""
        return digest in self.catalogue.by_digest

    def in_order(self) -> None:
        """Any order will do."""

    def manifest(self, digest: Digest) -> Manifest:
        """See cube_push.content.Content."""
        listed = self.catalogue.by_digest.get(digest)
        raw = self._plan.small.get(digest.layout_path)
        if listed is None or raw is None:
            raise MissingError(f"no manifest {digest} was read", remedy="run the command again")
        return Manifest.parse(raw, media_type=listed.media_type, where=f"manifest {digest}")

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """See image_source.BlobSource."""
        small = self._plan.small.get(blob.digest.layout_path)
        if small is not None:
            yield small[start:end]
        else:
            yield from self._plan.sources[blob.digest].read_blob(blob, start, end)
