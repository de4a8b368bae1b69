"""What the far side has already: told by older bundles, their locks, and have-lists from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.bundle import Bundle
from cube_airgap.errors import MissingError
from cube_airgap.have_list import HaveList
from cube_bundle.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cube_airgap.digest import Digest
    from cube_bundle.resolution import Resolver

_LOCK_SUFFIXES = {".yaml", ".yml"}


@dataclass(frozen=True)
class Evidence:
    """Files that tell what the far side has: bundles and locks in `since`, have-lists in `have`."""

    since: tuple[Path, ...] = ()
    have: tuple[Path, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them, as the user named them."""
        return tuple(str(path) for path in (*self.since, *self.have))

    def read(self, resolver: Resolver) -> FarSide:
        """What they tell; a lock lists no blobs, so its manifests are read again by digest.

        Raises AirgapError.
        """
        carriers: dict[Digest, Digest | None] = {}
        for path in self.since:
            told = _of_lock(path, resolver) if path.suffix in _LOCK_SUFFIXES else _of_bundle(path)
            for blob, bundle in told.items():
                carriers[blob] = carriers.get(blob) or bundle
        return FarSide(carriers, tuple(_have_list(path) for path in self.have))


@dataclass(frozen=True)
class FarSide:
    """Blobs that are inside, each with the bundle that carried it there, or None."""

    carriers: Mapping[Digest, Digest | None] = field(default_factory=dict)
    lists: tuple[HaveList, ...] = ()

    def has(self, blob: Digest) -> bool:
        """Whether the blob need not be carried."""
        return blob in self.carriers or any(one.holder(blob) for one in self.lists)

    def carrier(self, blob: Digest) -> Digest | None:
        """The bundle that carries the blob; None where that is not known."""
        return self.carriers.get(blob)


def _of_bundle(path: Path) -> dict[Digest, Digest | None]:
    """What a bundle carries, and, of a delta, what it assumes."""
    with Bundle.open(path) as bundle:
        catalogue = bundle.catalogue
        assumed = {blob: catalogue.carrier(blob) for blob in catalogue.assumed}
        return assumed | dict.fromkeys((blob.digest for blob in catalogue.blobs), catalogue.digest)


def _of_lock(path: Path, resolver: Resolver) -> dict[Digest, Digest | None]:
    trees = resolver.recall(Lock.read(path))
    return {blob.digest: None for tree in trees for blob in tree.blobs}


def _have_list(path: Path) -> HaveList:
    try:
        return HaveList.parse(path.read_bytes(), where=str(path))
    except OSError as error:
        raise MissingError(
            f"{path} cannot be read: {error.strerror}",
            remedy="give the have-list that `cube-install have` wrote inside",
        ) from None
