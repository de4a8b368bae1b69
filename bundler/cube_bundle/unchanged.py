"""Images that did not change since the far side got them: found by their digests alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.assumption import AssumedImage
from cube_airgap.catalogue import Attached, BundledImage
from cube_airgap.each import each
from cube_airgap.errors import AirgapError
from cube_bundle.lock import LockedImage
from cube_bundle.sources import OriginKind, told_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_airgap.digest import Digest
    from cube_bundle.far_side import FarSide, KnownImage
    from cube_bundle.image_request import ImageRequest
    from cube_bundle.resolution import Resolver, Selection


@dataclass(frozen=True)
class UnchangedImage:
    """An image of which nothing is carried, and what the far side has of it."""

    image: LockedImage
    known: KnownImage

    @property
    def assumed(self) -> AssumedImage:
        """As a delta's catalogue names it."""
        one = self.image
        attached = tuple(Attached(it.descriptor.digest, it.tag) for it in one.referrers)
        image = BundledImage(
            one.reference,
            one.digest,
            one.component,
            one.why,
            one.platforms,
            (),
            attached,
            told_source(one.source),
            one.policy.keep,
        )
        return AssumedImage(image, self.known.narrowed)


def find_unchanged(
    requests: Sequence[ImageRequest],
    selection: Selection,
    far_side: FarSide,
    resolver: Resolver,
) -> dict[ImageRequest, UnchangedImage]:
    """Those of `requests` that are inside as they are now, by one HEAD each.

    What is attached to them is taken to be what it was. An origin that does not answer is left to
    who looks closer.
    """
    asked = [one for one in requests if one.origin.reference in far_side.images]
    asked = [one for one in asked if one.origin.kind is OriginKind.REGISTRY]
    finder = _Finder(selection, far_side, resolver)
    resolver.progress.start(0, 0, len(asked))
    try:
        found = each(asked, finder.find, resolver.jobs)
    finally:
        resolver.progress.close()
    return {request: one for request, one in zip(asked, found, strict=True) if one}


@dataclass(frozen=True)
class _Finder:
    selection: Selection
    far_side: FarSide
    resolver: Resolver

    def find(self, request: ImageRequest) -> UnchangedImage | None:
        digest = self._digest(request)
        if digest is None:
            return None
        reference = request.origin.reference
        for known in self.far_side.image(reference, digest):
            if known.is_for(self.selection.platforms) and self._wants_those_attached(known):
                self.resolver.progress.item_done(str(reference))
                return UnchangedImage(_locked(request, known), known)
        return None

    def _digest(self, request: ImageRequest) -> Digest | None:
        sought = request.origin.sought
        if sought.digest:
            return sought.digest
        try:
            return self.resolver.registries.repository(sought).digest_of(sought)
        except AirgapError:
            return None

    def _wants_those_attached(self, known: KnownImage) -> bool:
        return self.selection.with_referrers or not known.referrers


def _locked(request: ImageRequest, known: KnownImage) -> LockedImage:
    return LockedImage(
        reference=request.origin.reference,
        digest=known.digest,
        component=request.component,
        why=request.why,
        platforms=known.platforms,
        referrers=known.referrers,
        source=request.origin.location,
        policy=request.policy,
    )


def recalled_unchanged(images: Sequence[LockedImage], far_side: FarSide) -> list[UnchangedImage]:
    """Those of a lock's images that are inside as it says."""
    found = []
    for image in images:
        inside = far_side.image(image.reference, image.digest)
        known = next((one for one in inside if one.is_that_of(image)), None)
        found += [UnchangedImage(image, known)] if known else []
    return found
