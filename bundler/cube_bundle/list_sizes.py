"""How large listed images are, as far as the registries that have them answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import AirgapError
from cube_airgap.progress import Silent
from cube_bundle.resolution import Resolver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cube_airgap.digest import Digest
    from cube_airgap.progress import Progress
    from cube_airgap.reference import Reference
    from cube_bundle.image_request import ImageRequest
    from cube_bundle.resolution import Selection
    from cube_bundle.sources import Registries


@dataclass(frozen=True)
class ListSizes:
    """Blobs with their sizes in bytes by image, and by image why they could not be had."""

    blobs: Mapping[Reference, Mapping[Digest, int]]
    unknown: Mapping[Reference, str]

    def of(self, references: Iterable[Reference]) -> int | None:
        """Bytes of the blobs of `references`, shared ones once; None where none of them is known.

        Compressed layers and configurations, as a bundle carries them.
        """
        known = [self.blobs[one] for one in references if one in self.blobs]
        merged = {digest: size for blobs in known for digest, size in blobs.items()}
        return sum(merged.values()) if known else None


@dataclass(frozen=True)
class SizeReader:
    """Asks where images come from, `jobs` at a time; see Resolver for `staging`."""

    registries: Registries
    staging: Path
    jobs: int
    progress: Progress

    def sizes(self, requests: Sequence[ImageRequest], selection: Selection) -> ListSizes:
        """The sizes of all images whose origin answers; the others do not keep it from going on."""
        self.progress.start(0, 0, len(requests))
        try:
            answers = each(requests, lambda one: self._answer(one, selection), self.jobs)
        finally:
            self.progress.close()
        named = dict(zip((one.origin.reference for one in requests), answers, strict=True))
        return ListSizes(
            {name: answer for name, answer in named.items() if not isinstance(answer, str)},
            {name: answer for name, answer in named.items() if isinstance(answer, str)},
        )

    def _answer(self, request: ImageRequest, selection: Selection) -> dict[Digest, int] | str:
        """Sizes by digest, or why they are not known."""
        resolver = Resolver(self.registries, self.staging, 1, Silent())
        try:
            trees = resolver.resolve([request], selection)
        except AirgapError as error:
            return error.what
        finally:
            self.progress.item_done(str(request.origin.reference))
        if not trees:
            return "its origin does not have it"
        return {blob.digest: blob.size for tree in trees for blob in tree.blobs}
