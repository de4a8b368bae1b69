"""What a push has to bring where: a pure value, made from a bundle's head and the relocation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, MissingError, UsageError
from cube_push.narrowing import ManifestTree, absent_children, narrowed, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.catalogue import Attached, BundledImage
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest
    from cube_airgap.reference import Reference
    from cube_airgap.relocation import Relocation
    from cube_push.content import Listing


@dataclass(frozen=True)
class AttachedTree:
    """A referrer with all below it; `tag` is empty where its `subject` is the link."""

    tree: ManifestTree
    tag: str = ""


@dataclass(frozen=True, eq=False)
class ImagePush:
    """One image: where it goes and all that belongs to it; each is equal to itself alone.

    `absent` is what its index lists and the bundle lacks; `narrow` is then the image without
    mention of that. A target without tag is pushed by digest alone. `origin_digest` is set where
    `whole` itself is a narrowed form, read back from the registry.
    """

    origin: Reference
    target: Reference
    whole: ManifestTree
    narrow: ManifestTree | None
    absent: tuple[Descriptor, ...]
    attached: tuple[AttachedTree, ...]
    blobs: tuple[Descriptor, ...]
    origin_digest: Digest | None = None

    @property
    def shown_at_origin(self) -> Digest:
        """The digest that the image has where it comes from."""
        return self.origin_digest or self.whole.root.digest

    @property
    def repository(self) -> str:
        """Where it goes, without the host."""
        return self.target.repository

    @property
    def project(self) -> str:
        """The first part of the repository's path."""
        return self.target.repository.partition("/")[0]

    def name_of(self, root: Manifest) -> str:
        """The tag or digest under which `root` is put at last."""
        return self.target.tag or str(root.digest)


@dataclass(frozen=True)
class AssumedPush:
    """An image that the bundle does not carry since the registry has it.

    `digests` are those that its name may show, the origin's first.
    """

    origin: Reference
    target: Reference
    digests: tuple[Digest, ...]
    attached: tuple[Attached, ...]
    carrier: Digest | None

    @property
    def digest(self) -> Digest:
        """The digest that it has where it comes from."""
        return self.digests[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Under which the registry shows it: its tag, else any of its digests."""
        return (self.target.tag,) if self.target.tag else tuple(map(str, self.digests))


@dataclass(frozen=True)
class UnplannedImage:
    """An image that cannot be pushed, and why."""

    origin: Reference
    target: Reference
    error: AirgapError


@dataclass(frozen=True)
class PushPlan:
    """The images in the order in which they are pushed, and those that cannot be.

    `assumed` has the blobs that the bundle leaves out since the registry has them, and
    `assumed_images` the images.
    """

    bundle: Digest
    images: tuple[ImagePush, ...]
    failures: tuple[UnplannedImage, ...]
    assumed: frozenset[Digest] = frozenset()
    assumed_images: tuple[AssumedPush, ...] = ()

    @property
    def is_delta(self) -> bool:
        """Whether something is to be in the registry already."""
        return bool(self.assumed or self.assumed_images)

    @property
    def projects(self) -> tuple[str, ...]:
        """The first parts of the repositories' paths, which are Harbor's projects."""
        targets = [one.target for one in self.images]
        targets += [one.target for one in self.assumed_images]
        return tuple(dict.fromkeys(target.repository.partition("/")[0] for target in targets))

    @property
    def size(self) -> int:
        """Bytes of all blobs, each once."""
        blobs = {blob.digest: blob.size for image in self.images for blob in image.blobs}
        return sum(blobs.values())

    def without_narrowing(self) -> PushPlan:
        """The same, where an image counts as being there only if all of its index is."""
        images = tuple(replace(image, narrow=None) for image in self.images)
        assumed = tuple(replace(one, digests=one.digests[:1]) for one in self.assumed_images)
        return replace(self, images=images, assumed_images=assumed)


def plan_push(content: Listing, relocation: Relocation, registry: str) -> PushPlan:
    """Plan to push all of `content` to `registry` (HOST or HOST:PORT); no layer is read.

    Images whose largest blob is the largest come first, so that no long upload is left to the end.
    Raises UsageError where two images would have one target.
    """
    catalogue = content.catalogue
    targets = relocation.targets((image.reference for image in catalogue.every_image), registry)
    planned: list[ImagePush] = []
    failures: list[UnplannedImage] = []
    reader = _Reader(content)
    for image in catalogue.images:
        target = targets[image.reference]
        try:
            planned.append(reader.image(image, target))
        except AirgapError as error:
            failures.append(UnplannedImage(image.reference, target, error))
    _check_tags(planned)
    planned.sort(key=lambda one: (-max((blob.size for blob in one.blobs), default=0), one.origin))
    assumed = frozenset(catalogue.assumed)
    elsewhere = tuple(
        AssumedPush(
            one.image.reference,
            targets[one.image.reference],
            one.digests,
            one.image.referrers,
            catalogue.carrier(one.image.digest),
        )
        for one in catalogue.assumed_images
    )
    return PushPlan(catalogue.digest, tuple(planned), tuple(failures), assumed, elsewhere)


def _check_tags(images: list[ImagePush]) -> None:
    taken: dict[tuple[str, str], dict[Digest, Reference]] = defaultdict(dict)
    for image in images:
        root = image.whole.root
        taken[image.repository, image.name_of(root)][root.digest] = image.origin
    for (repository, tag), origins in taken.items():
        if len(origins) > 1:
            raise UsageError(
                f"{' and '.join(str(one) for one in origins.values())} differ, and both would "
                f"become {repository}:{tag}",
                remedy="leave one of them out of the bundle, or pin both by digest without tag",
            )


class _Reader:
    """Reads images out of what is pushed; each manifest once."""

    def __init__(self, content: Listing) -> None:
        self._content = content
        self._read: dict[Digest, Manifest] = {}

    def image(self, image: BundledImage, target: Reference) -> ImagePush:
        whole = self._tree(image.digest)
        attached = tuple(AttachedTree(self._tree(one.digest), one.tag) for one in image.referrers)
        absent = absent_children(whole)
        self._check_absent(image, absent)
        narrow = narrowed(whole) if absent else None
        trees = (whole, *(one.tree for one in attached))
        left_out = {one.digest for one in image.left_out}
        blobs = {blob.digest: blob for tree in trees for blob in _blobs(tree)}
        wanted = [
            blob
            for blob in blobs.values()
            if self._content.has(blob.digest) or not (blob.is_foreign or blob.digest in left_out)
        ]
        return ImagePush(image.reference, target, whole, narrow, absent, attached, tuple(wanted))

    def _tree(self, digest: Digest) -> ManifestTree:
        if not self._content.has(digest):
            raise _lacking(f"manifest {digest}")
        return read_tree(digest, self._manifest)

    def _manifest(self, digest: Digest) -> Manifest | None:
        if not self._content.has(digest):
            return None
        if digest not in self._read:
            self._read[digest] = self._content.manifest(digest)
        return self._read[digest]

    def _check_absent(self, image: BundledImage, absent: tuple[Descriptor, ...]) -> None:
        left_out = {one.digest for one in image.left_out}
        for child in absent:
            if child.digest not in left_out:
                raise _lacking(f"manifest {child.digest}")


def _blobs(tree: ManifestTree) -> Iterator[Descriptor]:
    for manifest in tree:
        yield from manifest.blobs


def _lacking(what: str) -> MissingError:
    return MissingError(
        f"the bundle lacks {what} and does not say that it was left out",
        remedy="verify the bundle; if it is as it was built, build it again",
    )
