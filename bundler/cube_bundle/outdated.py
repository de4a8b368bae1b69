"""What moved since a lock was made: every tag and every file asked for again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import AirgapError, MissingError
from cube_bundle.sources import ImageOrigin, OriginKind

if TYPE_CHECKING:
    from cube_airgap.catalogue import BundledAsset
    from cube_airgap.progress import Progress
    from cube_airgap.registry.web_files import WebFiles
    from cube_bundle.lock import Lock, LockedImage
    from cube_bundle.sources import Registries


class Now(StrEnum):
    """How something locked is now, where it came from."""

    SAME = "as locked"
    MOVED = "moved"
    GONE = "gone"
    PINNED = "pinned by its digest"
    ELSEWHERE = "not a registry's"
    FAILED = "could not be asked"

    @property
    def is_outdated(self) -> bool:
        """Whether a build anew would not give the same."""
        return self in {Now.MOVED, Now.GONE}


@dataclass(frozen=True)
class Standing:
    """An image or asset of a lock by its `name`, what it was and is, and why nobody knows."""

    name: str
    component: str
    now: Now
    was: str
    found: str = ""
    error: AirgapError | None = None


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
        now, found = Now.ELSEWHERE, ""
        error: AirgapError | None = None
        try:
            origin = ImageOrigin.parse(f"{name}={image.source}" if image.source else name)
            if origin.sought.digest is not None:
                now = Now.PINNED
            elif origin.kind is OriginKind.REGISTRY:
                source = self.registries.repository(origin.sought)
                found = str(source.digest_of(origin.sought))
                now = Now.SAME if found == was else Now.MOVED
        except MissingError as failure:
            now, error = Now.GONE, failure
        except AirgapError as failure:
            now, error = Now.FAILED, failure
        self.progress.item_done(name)
        return Standing(name, image.component, now, was, found, error)

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
