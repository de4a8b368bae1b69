"""Making a delta whole: one bundle without gaps, of the delta and the bundles that it builds on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_airgap.closure import INDEX_PATH, LAYOUT_PATH
from cube_airgap.errors import AirgapError, IntegrityError, MissingError, UsageError, raise_all
from cube_airgap.image_source import Referrer
from cube_bundle.assets.resolution import ResolvedAsset
from cube_bundle.build import build_without_lock
from cube_bundle.bundles_source import BundlesSource
from cube_bundle.image_tree import Content
from cube_bundle.lock import LockedImage
from cube_bundle.plan import Extras, plan_bundle
from cube_bundle.policy import Policy
from cube_bundle.writing.wrong_bytes import WrongBytesError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cube_airgap.bundle import Bundle
    from cube_airgap.catalogue import BundledImage
    from cube_airgap.digest import Digest
    from cube_airgap.progress import Progress
    from cube_airgap.signature import SigningKey
    from cube_bundle.build import Built, Target
    from cube_bundle.image_tree import ImageTree
    from cube_bundle.plan import BundlePlan

_VERIFY = "run `cube-bundle verify` on each, and take a sound copy of what is damaged"
_LAYOUT_FILES = {LAYOUT_PATH, INDEX_PATH}


@dataclass(frozen=True)
class Merging:
    """`delta` made whole by images and blobs of `older`, in whatever order.

    What comes out is, byte for byte, the bundle that the lock of `delta` gives without a far side,
    signed with `sign_key`, if there is one: the delta's own signature is of another catalogue.
    """

    older: Sequence[Bundle]
    delta: Bundle
    sign_key: SigningKey | None = None

    def carry_out(self, target: Target, jobs: int, progress: Progress) -> Built:
        """Write the whole bundle. Raises AirgapError; what was written stays for the next run."""
        plan = self._plan(jobs)
        if self.sign_key:
            plan = replace(plan, signature=self.sign_key.sign(plan.catalogue.raw))
        request = f"merge {self.delta.catalogue.digest}"
        try:
            return build_without_lock(plan, target, request, jobs, progress)
        except WrongBytesError as error:
            raise _damaged(f"blob {error.digest}") from error

    def _plan(self, jobs: int) -> BundlePlan:
        delta = self.delta.catalogue
        if not delta.assumes:
            raise UsageError(
                f"bundle {delta.digest.short}, named last, is no delta: it lacks nothing",
                remedy="name the delta last, and before it the bundles that it builds on",
            )
        bundles = (self.delta, *self.older)
        self._check_blobs(bundles)
        source = BundlesSource(bundles)
        trees = tuple(self._trees(source))
        extras = Extras(
            tuple(ResolvedAsset(asset, source) for asset in delta.assets),
            dict(self._files()),
            delta.allowed,
        )
        try:
            return plan_bundle(trees, bundles, jobs, extras)
        except IntegrityError as error:
            raise IntegrityError(error.what, remedy=_VERIFY) from error

    def _check_blobs(self, bundles: Sequence[Bundle]) -> None:
        """Tell of every blob that is in none of them, and of the bundle that has it."""
        assumed = self.delta.catalogue.assumed.values()
        lacking = [blob for blob in assumed if not any(one.has(blob.digest) for one in bundles)]
        raise_all([self._lacking(f"blob {blob.digest}", blob.digest) for blob in lacking])

    def _trees(self, source: BundlesSource) -> Iterator[ImageTree]:
        errors: list[AirgapError] = []
        images = (one for one in self.delta.catalogue.every_image if not one.has_assets)
        for image in images:  # the artifact of the assets is made of them
            try:
                yield self._tree(image, source)
            except MissingError as error:
                carrier = self.delta.catalogue.carrier(image.digest)
                told = self._lacking(f"image {image.reference}", image.digest)
                errors.append(told if carrier else error)
        raise_all(errors)

    def _tree(self, image: BundledImage, source: BundlesSource) -> ImageTree:
        root = source.resolve(image.reference.at(image.digest))
        content = Content(source, root, image.platforms)
        content.read(image.reference.familiar)
        referrers = []
        for one in image.referrers:
            manifest = source.resolve(image.reference.at(one.digest))
            referrers.append(Referrer(manifest.descriptor, one.tag))
        content.add_referrers(referrers)
        return content.tree(_locked(image, tuple(referrers)))

    def _files(self) -> Iterator[tuple[str, bytes]]:
        """The delta's own, without those that are made anew."""
        for file in self.delta.catalogue.files:
            if file.path not in _LAYOUT_FILES:
                yield file.path, self.delta.read_file(file.path)

    def _lacking(self, what: str, digest: Digest) -> MissingError:
        carrier = self.delta.catalogue.carrier(digest)
        where = f"bundle {carrier} carries it" if carrier else "no bundle is known to carry it"
        return MissingError(
            f"{what} is in none of the bundles; {where}",
            remedy="name every bundle since the last whole one, the delta last; if one is lost, "
            "build from the delta's lock instead",
        )


def _locked(image: BundledImage, referrers: tuple[Referrer, ...]) -> LockedImage:
    return LockedImage(
        reference=image.reference,
        digest=image.digest,
        component=image.component,
        why=image.why,
        platforms=image.platforms,
        referrers=referrers,
        source=image.source,
        policy=Policy(keep=image.keep),
    )


def _damaged(what: str) -> IntegrityError:
    return IntegrityError(
        f"{what} is damaged in one of the bundles",
        remedy=_VERIFY,
    )
