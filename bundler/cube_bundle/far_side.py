"""What the far side has already: told by older bundles, their locks, and have-lists from there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.bundle import Bundle
from cube_airgap.have_list import read_have_list
from cube_airgap.image_source import Referrer
from cube_bundle.lock import Lock
from cube_push.narrowing import narrowed_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cube_airgap.catalogue import BundledImage
    from cube_airgap.digest import Digest
    from cube_airgap.have_list import Having
    from cube_airgap.manifest import Manifest
    from cube_airgap.platforms import Platform
    from cube_airgap.reference import Reference
    from cube_bundle.image_tree import ImageTree
    from cube_bundle.lock import LockedImage
    from cube_bundle.resolution import Resolver

_LOCK_SUFFIXES = {".yaml", ".yml"}
# Older ones than these are not told of: each costs 35 bytes of the head.
_MOST_FOLLOWED = 100


@dataclass(frozen=True)
class KnownImage:
    """An image that is inside with all that belongs to it.

    `narrowed` is the digest of its index without the platforms that were never carried, if there
    are such; `carrier` the bundle that carried it, if that is known.
    """

    reference: Reference
    digest: Digest
    platforms: tuple[Platform, ...]
    referrers: tuple[Referrer, ...]
    narrowed: Digest | None = None
    carrier: Digest | None = None

    def is_for(self, wanted: Sequence[Platform]) -> bool:
        """Whether it has just the platforms that are `wanted`, as far as it names any."""
        are_wanted = all(any(one.satisfies(want) for want in wanted) for one in self.platforms)
        are_there = all(any(one.satisfies(want) for one in self.platforms) for want in wanted)
        return are_wanted and (are_there or not self.platforms)

    def is_that_of(self, image: LockedImage) -> bool:
        """Whether it is what `image` would bring."""
        mine = (self.digest, self.platforms, _digests(self.referrers))
        return mine == (image.digest, image.platforms, _digests(image.referrers))


@dataclass(frozen=True)
class Evidence:
    """Files that tell what the far side has: bundles and locks in `since`, have-lists in `have`.

    `after` are bundles that the new one takes the place of, and that tell no more than that.
    """

    since: tuple[Path, ...] = ()
    have: tuple[Path, ...] = ()
    after: tuple[Path, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All that tell what is there, as the user named them."""
        return tuple(str(path) for path in (*self.since, *self.have))

    @property
    def told(self) -> tuple[str, ...]:
        """All of them, as the user named them."""
        return (*self.paths, *(str(path) for path in self.after))

    def read(self, resolver: Resolver) -> FarSide:
        """What they tell; a lock lists no blobs, so its manifests are read again by digest.

        Raises AirgapError.
        """
        carriers: dict[Digest, Digest | None] = {}
        images: dict[Reference, list[KnownImage]] = defaultdict(list)
        follows: dict[Digest, None] = {}
        for path in self.since:
            is_lock = path.suffix in _LOCK_SUFFIXES
            told = _of_lock(path, resolver) if is_lock else _of_bundle(path)
            for blob, bundle in told.carriers.items():
                carriers[blob] = carriers.get(blob) or bundle
            for reference, known in told.images.items():
                images[reference] += known
            follows |= dict.fromkeys(told.follows)
        for path in self.after:
            follows |= dict.fromkeys(_of_bundle(path).follows)
        lists = tuple(read_have_list(path) for path in self.have)
        return FarSide(carriers, lists, images, tuple(follows)[:_MOST_FOLLOWED])


@dataclass(frozen=True)
class FarSide:
    """Blobs that are inside, each with the bundle that carried it there, or None; and images.

    `follows` are the bundles that were installed before, the newest first.
    """

    carriers: Mapping[Digest, Digest | None] = field(default_factory=dict)
    lists: tuple[Having, ...] = ()
    images: Mapping[Reference, Sequence[KnownImage]] = field(default_factory=dict)
    follows: tuple[Digest, ...] = ()

    def has(self, blob: Digest) -> bool:
        """Whether the blob need not be carried."""
        return blob in self.carriers or any(one.has(blob) for one in self.lists)

    def carrier(self, blob: Digest) -> Digest | None:
        """The bundle that carries the blob; None where that is not known."""
        return self.carriers.get(blob)

    def image(self, reference: Reference, digest: Digest) -> Iterator[KnownImage]:
        """What is known to be inside of an image by that name."""
        return (one for one in self.images.get(reference, ()) if one.digest == digest)

    def held(self, tree: ImageTree) -> KnownImage | None:
        """What the far side has of `tree`, if it has all of it."""
        image = tree.image
        for known in self.image(image.reference, image.digest):
            if known.is_that_of(image):
                return known
        manifests = {one.digest: one for one in tree.manifests}
        narrowed = narrowed_digest(image.digest, manifests.get)
        roots = (image.digest, *([narrowed] if narrowed else []))
        for one in self.lists:
            is_there = any(one.has(root) for root in roots)
            if is_there and all(one.has(digest) for digest in _digests(image.referrers)):
                return KnownImage(
                    image.reference, image.digest, image.platforms, image.referrers, narrowed
                )
        return None


def _digests(referrers: Iterable[Referrer]) -> tuple[Digest, ...]:
    return tuple(one.descriptor.digest for one in referrers)


def _of_bundle(path: Path) -> FarSide:
    """What a bundle carries, and, of a delta, what it assumes."""
    with Bundle.open(path) as bundle:
        catalogue = bundle.catalogue
        assumed = {blob: catalogue.carrier(blob) for blob in catalogue.assumed}
        carried = dict.fromkeys((blob.digest for blob in catalogue.blobs), catalogue.digest)
        images: dict[Reference, Sequence[KnownImage]] = {
            one.reference: (_carried(one, bundle),) for one in catalogue.images
        }
        for one in catalogue.assumed_images:
            if not one.image.referrers:  # of which it says too little
                carrier = catalogue.carrier(one.image.digest)
                known = _known(one.image, (), one.narrowed, carrier)
                images[one.image.reference] = (known,)
        return FarSide(assumed | carried, (), images, (catalogue.digest, *catalogue.follows))


def _carried(image: BundledImage, bundle: Bundle) -> KnownImage:
    def read(digest: Digest) -> Manifest | None:
        return bundle.manifest(digest) if bundle.has(digest) else None

    by_digest = bundle.catalogue.by_digest
    referrers = tuple(
        Referrer(by_digest[one.digest].descriptor, one.tag)
        for one in image.referrers
        if one.digest in by_digest
    )
    return _known(image, referrers, narrowed_digest(image.digest, read), bundle.catalogue.digest)


def _known(
    image: BundledImage,
    referrers: tuple[Referrer, ...],
    narrowed: Digest | None,
    carrier: Digest | None,
) -> KnownImage:
    return KnownImage(image.reference, image.digest, image.platforms, referrers, narrowed, carrier)


def _of_lock(path: Path, resolver: Resolver) -> FarSide:
    trees = resolver.recall(Lock.read(path))
    images = {}
    for tree in trees:
        manifests = {one.digest: one for one in tree.manifests}
        narrowed = narrowed_digest(tree.image.digest, manifests.get)
        one = tree.image
        known = KnownImage(one.reference, one.digest, one.platforms, one.referrers, narrowed)
        images[one.reference] = (known,)
    return FarSide({blob.digest: None for tree in trees for blob in tree.blobs}, (), images)
