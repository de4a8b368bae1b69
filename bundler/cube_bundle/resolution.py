"""Resolving: from images asked for, or locked before, to trees whose every digest is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import MissingError
from cube_airgap.platforms import DEFAULT_PLATFORM, wanted_by_any
from cube_bundle.image_tree import Content, ImageTree
from cube_bundle.lock import Lock, LockedImage
from cube_bundle.sources import ImageOrigin, open_origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cube_airgap.image_source import ImageSource
    from cube_airgap.platforms import Platform
    from cube_airgap.progress import Progress
    from cube_bundle.image_request import ImageRequest
    from cube_bundle.sources import Registries


@dataclass(frozen=True)
class Selection:
    """What to take of each image: platforms, and whether its referrers come along."""

    platforms: tuple[Platform, ...] = (DEFAULT_PLATFORM,)
    with_referrers: bool = True


@dataclass(frozen=True)
class Resolver:
    """Looks images up, `jobs` at a time.

    What has no random access is staged in the directory `staging`.
    """

    registries: Registries
    staging: Path
    jobs: int
    progress: Progress

    def resolve(
        self, requests: Sequence[ImageRequest], selection: Selection
    ) -> tuple[ImageTree, ...]:
        """Look up every request as it is now. Raises AirgapError, for several SeveralErrors.

        Optional images that their origin lacks are left out, and told of.
        """
        self.progress.start(0, 0, len(requests))
        try:
            found = each(requests, lambda one: self._resolve(one, selection), self.jobs)
        finally:
            self.progress.close()
        return tuple(tree for tree in found if tree)

    def recall(self, lock: Lock) -> tuple[ImageTree, ...]:
        """Read the trees of a lock again, every manifest by its digest. Raises as resolve()."""
        self.progress.start(0, 0, len(lock.images))
        try:
            return each(lock.images, self._recall, self.jobs)
        finally:
            self.progress.close()

    def _resolve(self, request: ImageRequest, selection: Selection) -> ImageTree | None:
        try:
            tree = self._looked_up(request, selection)
        except MissingError as error:
            if not request.optional:
                raise
            self.progress.note(f"left out, since it is optional: {error.what}")
            tree = None
        self.progress.item_done(str(request.origin.reference))
        return tree

    def _looked_up(self, request: ImageRequest, selection: Selection) -> ImageTree:
        origin = request.origin
        source = self._open(origin)
        content = Content(source, source.resolve(origin.sought), selection.platforms)
        content.read(origin.reference.familiar)
        self._check_platforms(request, content)
        referrers = content.find_referrers() if selection.with_referrers else ()
        image = LockedImage(
            reference=origin.reference,
            digest=content.root.digest,
            component=request.component,
            why=request.why,
            platforms=tuple(sorted(content.platforms)),
            referrers=referrers,
            source=origin.location,
            policy=request.policy,
        )
        return content.tree(image)

    def _check_platforms(self, request: ImageRequest, content: Content) -> None:
        """Fail where a list promised a platform; tell where an image just has fewer."""
        absent = _absent(content.wanted, content.platforms) if content.offered else ()
        promised = [one for one in absent if wanted_by_any(one, request.platforms)]
        told = ", ".join(str(one) for one in promised or absent)
        name = request.origin.reference.familiar
        if promised:
            raise MissingError(
                f"{name} has no {told}, though {request.where} says that it has",
                remedy="correct the list, or ask for other platforms with --platform",
            )
        if absent and not request.platforms:
            self.progress.note(f"{name} has no {told}")

    def _recall(self, image: LockedImage) -> ImageTree:
        name = str(image.reference)
        origin = ImageOrigin.parse(f"{name}={image.source}" if image.source else name)
        source = self._open(origin)
        root = source.resolve(origin.sought.at(image.digest))
        content = Content(source, root, image.platforms)
        content.read(image.reference.familiar)
        content.add_referrers(image.referrers)
        self.progress.item_done(name)
        return content.tree(image)

    def _open(self, origin: ImageOrigin) -> ImageSource:
        return open_origin(origin, self.registries, self.staging)


def _absent(wanted: Iterable[Platform], found: Iterable[Platform]) -> tuple[Platform, ...]:
    there = tuple(found)
    return tuple(one for one in wanted if not any(have.satisfies(one) for have in there))
