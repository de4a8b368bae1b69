"""Loading images of a bundle into a runtime, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, MissingError, collected_in, raise_all
from cube_install.runtime.image_archive import archive, loadable

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from cube_airgap.bundle import Bundle
    from cube_airgap.catalogue import BundledImage
    from cube_airgap.progress import Progress
    from cube_airgap.relocation import Relocation
    from cube_install.runtime.image_archive import LoadableImage
    from cube_install.runtime.runtimes import Runtime


class Naming(StrEnum):
    """By which names a runtime is to know images."""

    BOTH = "both"
    ORIGIN = "origin"
    SITE = "site"


@dataclass(frozen=True)
class Names:
    """`registry` is the host that relocated names begin with."""

    naming: Naming
    relocation: Relocation
    registry: str

    def of(self, image: BundledImage) -> tuple[str, ...]:
        """All names of an image, its own first."""
        own = () if self.naming is Naming.SITE else (str(image.reference),)
        if self.naming is Naming.ORIGIN:
            return own
        return (*own, str(self.relocation.target(image.reference, self.registry)))


@dataclass(frozen=True)
class Loaded:
    """An image that the runtime has now; `was_there` is whether nothing had to be sent."""

    one: LoadableImage
    was_there: bool


def chosen(
    bundle: Bundle, components: Sequence[str], patterns: Sequence[str]
) -> tuple[BundledImage, ...]:
    """The images of `components` and those that fit a pattern; all, where neither is named.

    In a pattern `*` stands for anything. Raises MissingError for what fits nothing; UsageError for
    a delta, which has no whole images.
    """
    bundle.catalogue.refuse_delta("loaded")
    images = tuple(one for one in bundle.catalogue.images if not one.has_assets)
    known = {image.component for image in images}
    for name in components:
        if name not in known:
            raise MissingError(
                f"the bundle has no component {name}",
                remedy=f"it has {', '.join(sorted(known))}",
            )
    for pattern in patterns:
        if not any(_fits(image, pattern) for image in images):
            raise MissingError(
                f"the bundle has no image {pattern}",
                remedy="see what it has with cube-bundle inspect, or write * for what may differ",
            )
    if not components and not patterns:
        return images
    return tuple(
        image
        for image in images
        if image.component in components or any(_fits(image, pattern) for pattern in patterns)
    )


def _fits(image: BundledImage, pattern: str) -> bool:
    reference = image.reference
    return any(fnmatchcase(name, pattern) for name in (str(reference), reference.familiar))


def load_images(
    bundle: Bundle,
    images: Sequence[BundledImage],
    runtime: Runtime,
    names: Names,
    progress: Progress,
) -> tuple[Loaded, ...]:
    """Load all of `images`; what the runtime has already is only named.

    An image that cannot be loaded keeps no other from being: all errors are raised at the end.
    """
    errors: list[AirgapError] = []
    wanted: list[LoadableImage] = []
    for image in images:
        with collected_in(errors):
            wanted.append(loadable(bundle, image, runtime.platform, names.of(image)))
    loaded: list[Loaded] = []
    progress.start(sum(one.size for one in wanted), 0, len(wanted))
    try:
        for one in wanted:
            with collected_in(errors):
                loaded.append(_load(bundle, one, runtime, progress))
                progress.item_done(str(one.image.reference))
    finally:
        progress.close()
    raise_all(errors)
    return tuple(loaded)


def _load(bundle: Bundle, one: LoadableImage, runtime: Runtime, progress: Progress) -> Loaded:
    if runtime.named(one):
        progress.advance(one.size)
        return Loaded(one, was_there=True)

    def told() -> Generator[bytes, None, None]:
        left = one.size
        for piece in archive(bundle, one):
            progress.advance(min(left, len(piece)))
            left -= min(left, len(piece))
            yield piece

    runtime.load(one, told())
    return Loaded(one, was_there=False)
