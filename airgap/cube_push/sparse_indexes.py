"""Whether a registry takes an index of which children are absent, and what is put where not."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, UsageError
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_push.narrowing import probing_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cube_airgap.registry.destination import Destination
    from cube_push.narrowing import ManifestTree
    from cube_push.plan import ImagePush


class SparseIndex(StrEnum):
    """What becomes of an index when the bundle leaves out some of its platforms."""

    AUTO = "auto"
    KEEP = "keep"
    NARROW = "narrow"


def choose_trees(
    images: Sequence[ImagePush], destination: Destination, wish: SparseIndex
) -> dict[ImagePush, ManifestTree]:
    """What is put for each image: all of it, or its narrowed form.

    Harbor and docker-registry refuse an index with absent children, others take it; the registry
    is asked if it matters. Raises AirgapError; UsageError where the wish cannot be met.
    """
    trees = {image: image.whole for image in images}
    sparse = [image for image in images if image.absent]
    if not sparse:
        return trees
    is_taken = wish is not SparseIndex.NARROW and takes_sparse_index(sparse[0], destination)
    if is_taken:
        return trees
    if wish is SparseIndex.KEEP:
        raise UsageError(
            f"{destination.host} takes no index with absent platforms, and the bundle has left out "
            f"some of {_named(sparse)}",
            remedy="build the bundle with every platform of these images, or let their indexes be "
            "narrowed to what is there: --sparse-index auto",
        )
    return trees | {image: image.narrow for image in sparse if image.narrow}


def takes_sparse_index(image: ImagePush, destination: Destination) -> bool:
    """Try it with an index of only what is absent: where it is taken, it is deleted again.

    Raises AirgapError where the registry takes nothing at all.
    """
    repository = destination.repository(image.repository)
    index = probing_index(image.absent)
    try:
        repository.put_manifest(index, str(index.digest))
    except UnexpectedAnswerError:
        return False
    with suppress(AirgapError):
        repository.delete_manifest(index.digest)
    return True


def _named(images: Iterable[ImagePush]) -> str:
    first, *others = sorted(str(image.origin) for image in images)
    return f"{first} and {len(others)} more" if others else first
