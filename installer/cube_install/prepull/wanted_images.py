"""Which images belong on which node."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cube_airgap.catalogue import BundledImage
    from cube_airgap.platforms import Platform
    from cube_airgap.reference import Reference
    from cube_install.node_pods.cluster_members import Member

# Words by which publishers tell images that need a GPU; `-gpu`, `ubuntu-gpu:cuda11.8.0`, …
_GPU_WORDS = re.compile(r"(?:^|[^a-z])(?:gpu|vgpu|cuda|cudnn|dcgm|nvidia)(?![a-z])")
# These are for nodes without one, whatever their publisher is called.
_CPU_WORDS = re.compile(r"(?:^|[^a-z])cpu(?:$|[^a-z])")


@dataclass(frozen=True)
class GpuImages:
    """Which images are for nodes with a GPU alone: those that say so, and those of `patterns`."""

    patterns: tuple[str, ...] = ()

    def has(self, image: BundledImage) -> bool:
        """Whether the image is one of them."""
        names = (str(image.reference), image.reference.familiar)
        if any(fnmatchcase(name, pattern) for name in names for pattern in self.patterns):
            return True
        told = f"{image.reference.repository.rpartition('/')[2]}:{image.reference.tag or ''}"
        return bool(_GPU_WORDS.search(told.lower())) and not _CPU_WORDS.search(told.lower())


@dataclass(frozen=True)
class Pull:
    """An image to be pulled: as the bundle has it, and by the name that nodes ask for."""

    image: BundledImage
    name: str


def pulls_of(
    images: Iterable[BundledImage], targets: dict[Reference, Reference]
) -> tuple[Pull, ...]:
    """The images by their names in the site's registry, sorted."""
    return tuple(
        sorted((Pull(one, str(targets[one.reference])) for one in images), key=lambda one: one.name)
    )


def wanted_on(member: Member, pulls: Sequence[Pull], gpu: GpuImages) -> tuple[Pull, ...]:
    """Those of `pulls` that the node can run: of its platform, and with a GPU where one is due."""
    return tuple(
        one
        for one in pulls
        if _is_for(member.platform, one.image) and (member.has_gpu or not gpu.has(one.image))
    )


def _is_for(platform: Platform, image: BundledImage) -> bool:
    """Whether the image runs on `platform`; one that names none runs on any."""
    return not image.platforms or any(one.satisfies(platform) for one in image.platforms)
