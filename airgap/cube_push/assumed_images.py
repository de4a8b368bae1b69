"""Images that a delta assumes whole: whether the registry shows them, or has all of their parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import MissingError
from cube_push.narrowing import absent_children, narrowed, read_tree
from cube_push.plan import AttachedTree, ImagePush

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest
    from cube_airgap.registry.destination import Destination
    from cube_airgap.registry.push_repository import Hidden
    from cube_push.narrowing import ManifestTree
    from cube_push.plan import AssumedPush, PushPlan


@dataclass(frozen=True)
class PresentImage:
    """An image that the registry shows as it should; `digest` is what its target shows."""

    image: AssumedPush
    digest: Digest


@dataclass(frozen=True)
class LostImage:
    """An image that the registry lacks, or parts of it."""

    image: AssumedPush
    error: MissingError


@dataclass(frozen=True)
class Settled:
    """What became of the images that a plan assumes.

    `plan` has those among its images of which the registry has all parts, under no name or another
    one. `lost` tells of those that it lacks.
    """

    plan: PushPlan
    present: tuple[PresentImage, ...] = ()
    lost: tuple[LostImage, ...] = ()


def settle(
    plan: PushPlan,
    destination: Destination,
    hidden: Hidden,
    jobs: int,
    holder: Callable[[Digest], str | None],
) -> Settled:
    """Look for what `plan` assumes, by one HEAD for each image that is as it should be.

    `holder` names a repository that may have a manifest that its own one lacks. Raises AirgapError.
    """
    looker = _Looker(destination, hidden, holder)
    found = each(plan.assumed_images, looker.look, jobs)
    present = tuple(one for one in found if isinstance(one, PresentImage))
    pushes = tuple(one for one in found if isinstance(one, ImagePush))
    lost = tuple(one for one in found if isinstance(one, LostImage))
    parts = {blob.digest for image in pushes for blob in image.blobs}
    whole = replace(plan, images=(*plan.images, *pushes), assumed=plan.assumed | parts)
    return Settled(whole, present, lost)


class _Looker:
    def __init__(
        self,
        destination: Destination,
        hidden: Hidden,
        holder: Callable[[Digest], str | None],
    ) -> None:
        self._destination = destination
        self._hidden = hidden
        self._holder = holder

    def look(self, image: AssumedPush) -> PresentImage | ImagePush | LostImage:
        repository = self._destination.repository(image.target.repository)
        for name in image.names:
            shown = repository.manifest_digest(name, self._hidden)
            if shown in image.digests and self._has_attached(image):
                return PresentImage(image, shown)
            if shown:
                break
        return self._rebuilt(image) or LostImage(image, _lost(image))

    def _has_attached(self, image: AssumedPush) -> bool:
        repository = self._destination.repository(image.target.repository)
        return all(
            repository.manifest_digest(one.tag or str(one.digest), self._hidden)
            for one in image.attached
        )

    def _rebuilt(self, image: AssumedPush) -> ImagePush | None:
        """The image from manifests that the registry has, to be put under its name again."""
        for digest in image.digests:
            for place in dict.fromkeys([image.target.repository, self._holder(digest)]):
                if place and (push := self._read(image, digest, place)):
                    return push
        return None

    def _read(self, image: AssumedPush, digest: Digest, place: str) -> ImagePush | None:
        repository = self._destination.source(place)

        def read(wanted: Digest) -> Manifest | None:
            found = repository.tagged(str(wanted))
            return found if found and found.digest == wanted else None

        roots = (digest, *(one.digest for one in image.attached))
        if not all(map(read, roots)):
            return None
        whole = read_tree(digest, read)
        absent = absent_children(whole)
        attached = tuple(
            AttachedTree(read_tree(one.digest, read), one.tag) for one in image.attached
        )
        return ImagePush(
            origin=image.origin,
            target=image.target,
            whole=whole,
            narrow=narrowed(whole) if absent else None,
            absent=absent,
            attached=attached,
            blobs=_blobs(whole, *(one.tree for one in attached)),
            origin_digest=image.digest,
        )


def _blobs(*trees: ManifestTree) -> tuple[Descriptor, ...]:
    manifests = [manifest for tree in trees for manifest in tree]
    blobs = {blob.digest: blob for one in manifests for blob in one.blobs if not blob.is_foreign}
    return tuple(blobs.values())


def _lost(image: AssumedPush) -> MissingError:
    where = f"bundle {image.carrier} carries it" if image.carrier else "no bundle is known to"
    push = f"push bundle {image.carrier.short} first" if image.carrier else "push an older bundle"
    return MissingError(
        f"{image.origin} is not at {image.target}, nor is manifest {image.digest} anywhere in the "
        f"project, and the bundle, a delta, assumes it; {where}",
        remedy=f"{push}; where it was pushed already, the image was deleted since: then build "
        "again, with a new have-list (`cube-install have`) or without --since and --have",
    )
