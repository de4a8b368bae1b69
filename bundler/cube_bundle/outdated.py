"""What moved since a lock was made: every tag and every file asked for again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import AirgapError, MissingError
from cube_airgap.platforms import DEFAULT_PLATFORM
from cube_bundle.moved_image import look_at_moved
from cube_bundle.newest import found_newest
from cube_bundle.sources import ImageOrigin, OriginKind

if TYPE_CHECKING:
    from cube_airgap.catalogue import BundledAsset
    from cube_airgap.progress import Progress
    from cube_airgap.reference import Reference
    from cube_airgap.registry.web_files import WebFiles
    from cube_bundle.lock import Lock, LockedImage
    from cube_bundle.sources import Registries


class Now(StrEnum):
    """How something locked is now, where it came from."""

    SAME = "as locked"
    MOVED = "moved"
    NEWER = "a newer one is there"
    GONE = "gone"
    PINNED = "pinned by its digest"
    ELSEWHERE = "not a registry's"
    FAILED = "could not be asked"

    @property
    def is_outdated(self) -> bool:
        """Whether a build anew would not give the same."""
        return self in {Now.MOVED, Now.NEWER, Now.GONE}


@dataclass(frozen=True)
class Standing:
    """An image or asset of a lock by its `name`, what it was and is, and why nobody knows.

    Of an image that moved, `created` is the time that it gives, and `carry` how many of its bytes
    are new.
    """

    name: str
    component: str
    now: Now
    was: str
    found: str = ""
    error: AirgapError | None = None
    created: str = ""
    carry: int | None = None


@dataclass(frozen=True)
class Asker:
    """Asks where things come from, `jobs` at a time."""

    registries: Registries
    files: WebFiles
    jobs: int
    progress: Progress

    def standings(self, lock: Lock) -> tuple[Standing, ...]:
        """How everything in `lock` stands now, in its order; one failure stops nothing."""
        self.progress.start(0, 0, len(lock.images) + len(lock.assets))
        try:
            images = each(lock.images, self._of_image, self.jobs)
            return images + each(lock.assets, self._of_asset, self.jobs)
        finally:
            self.progress.close()

    def _of_image(self, image: LockedImage) -> Standing:
        name, was = str(image.reference), str(image.digest)
        standing = Standing(name, image.component, Now.ELSEWHERE, was)
        try:
            origin = ImageOrigin.parse(f"{name}={image.source}" if image.source else name)
            if image.policy.newest and origin.kind is OriginKind.REGISTRY:
                standing = self._newest(standing, origin, image)
            elif origin.sought.digest is not None:
                standing = replace(standing, now=Now.PINNED)
            elif origin.kind is OriginKind.REGISTRY:
                standing = self._by_tag(standing, origin.sought, image)
        except MissingError as failure:
            standing = replace(standing, now=Now.GONE, error=failure)
        except AirgapError as failure:
            standing = replace(standing, now=Now.FAILED, error=failure)
        self.progress.item_done(name)
        return standing

    def _newest(self, standing: Standing, origin: ImageOrigin, image: LockedImage) -> Standing:
        """Another tag than the locked one, or the same one and perhaps moved."""
        tag = found_newest(origin, image.policy.newest, self.registries)
        if tag is None or tag == origin.sought.tag:
            return self._by_tag(standing, origin.sought, image)
        newer = self._moved(standing, origin.sought.tagged(tag), image)
        return replace(newer, now=Now.NEWER, found=tag)

    def _by_tag(self, standing: Standing, sought: Reference, image: LockedImage) -> Standing:
        source = self.registries.repository(sought)
        if source.digest_of(sought) == image.digest:
            return replace(standing, now=Now.SAME, found=standing.was)
        return self._moved(standing, sought, image)

    def _moved(self, standing: Standing, sought: Reference, image: LockedImage) -> Standing:
        source = self.registries.repository(sought)
        try:
            moved = look_at_moved(
                source, sought, image.digest, image.platforms or (DEFAULT_PLATFORM,)
            )
        except AirgapError:  # that it moved is known all the same
            return replace(standing, now=Now.MOVED, found=str(source.digest_of(sought)))
        return replace(
            standing,
            now=Now.MOVED,
            found=str(moved.digest),
            created=moved.created,
            carry=moved.carry,
        )

    def _of_asset(self, asset: BundledAsset) -> Standing:
        """By its size alone: nothing is fetched."""
        now, found = Now.SAME, ""
        error: AirgapError | None = None
        try:
            size = self.files.look(asset.url).size
            if size is not None:
                found = f"{size} bytes"
                now = Now.SAME if size == asset.size else Now.MOVED
        except MissingError as failure:
            now, error = Now.GONE, failure
        except AirgapError as failure:
            now, error = Now.FAILED, failure
        self.progress.item_done(asset.name)
        return Standing(asset.name, asset.component, now, f"{asset.size} bytes", found, error)
