"""An order for a bundle: resolved or recalled, planned, and carried out or gone on with."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cube_airgap.bundle import Bundle
from cube_airgap.catalogue import Allowance
from cube_airgap.disk import write_atomically
from cube_airgap.errors import (
    AirgapError,
    IntegrityError,
    MissingError,
    collected_in,
    raise_all,
)
from cube_airgap.volumes import BUNDLE_SUFFIX
from cube_bundle.build import build_bundle, stopped
from cube_bundle.far_side import Evidence
from cube_bundle.image_progress import ImageProgress
from cube_bundle.image_request import fingerprint
from cube_bundle.lock import LOCK_SUFFIX, Lock, LockedImage
from cube_bundle.newest import with_newest
from cube_bundle.plan import Extras, plan_bundle
from cube_bundle.resolution import Selection
from cube_bundle.seed_files import SeedFiles
from cube_bundle.staging_directory import staging_directory
from cube_bundle.unchanged import UnchangedImage, find_unchanged, recalled_unchanged
from cube_bundle.writing.journal import JournalHeader, unfinished
from cube_bundle.writing.streaming import stream_bundle
from cube_bundle.writing.wrong_bytes import WrongBytesError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from cube_airgap.progress import Progress
    from cube_airgap.signature import SigningKey
    from cube_bundle.assets.request import AssetRequest
    from cube_bundle.assets.resolution import AssetResolver, LookedUp, ResolvedAsset
    from cube_bundle.build import Built, Target
    from cube_bundle.far_side import FarSide
    from cube_bundle.image_request import ImageRequest
    from cube_bundle.image_tree import ImageTree
    from cube_bundle.plan import BundlePlan
    from cube_bundle.resolution import Resolver


@dataclass(frozen=True)
class Order:
    """What to bundle, and where to.

    Either `lock` says it, with the files of that lock as `seeds`, or the rest does. Blobs that a
    bundle of `reuse` has are taken from there, and what the far side has by `evidence` is left out.
    An image whose digest is what it was inside is not read again, unless it `looks_closer`. The
    bundle is signed with `sign_key`, if there is one.
    """

    target: Target
    requests: tuple[ImageRequest, ...] = ()
    lock: Lock | None = None
    selection: Selection = field(default_factory=Selection)
    reuse: tuple[Path, ...] = ()
    assets: tuple[AssetRequest, ...] = ()
    seeds: SeedFiles = field(default_factory=SeedFiles)
    allowed: tuple[Allowance, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    looks_closer: bool = False
    sign_key: SigningKey | None = None

    @property
    def fingerprint(self) -> str:
        """Orders with the same one ask for the same."""
        locked = self.lock.encode().decode() if self.lock else ""
        assets = [replace(one, where="") for one in self.assets]
        closer = ["looks closer"] if self.looks_closer else []
        signer = [self.sign_key.fingerprint] if self.sign_key else []
        besides = (assets, self.seeds.locked, self.allowed, *self.evidence.told, *closer, *signer)
        return fingerprint(self.requests, self.selection, locked, besides)


@dataclass(frozen=True)
class Prepared:
    """An order whose every digest and size is known, to be carried out or just looked at."""

    order: Order
    lock: Lock
    plan: BundlePlan
    is_continuation: bool

    def carry_out(self, jobs: int, progress: Progress) -> Built:
        """Write the bundle and its lock with `jobs` parallel downloads.

        Raises AirgapError, Interrupted too; what was written then stays for the next run.
        """
        target = self.order.target
        text = self.lock.encode()
        begun = JournalHeader(
            request=self.order.fingerprint,
            lock=text.decode(),
            bundle=str(self.plan.catalogue.digest),
            layout=self.plan.layout.fingerprint,
        )
        try:
            built = build_bundle(
                self.plan, target, begun, jobs, ImageProgress(progress, self.plan.needs)
            )
        except KeyboardInterrupt:
            raise stopped(target.path) from None
        except WrongBytesError as error:
            raise self._told(error) from error
        self._write_lock(text)
        shutil.rmtree(staging_directory(target.path), ignore_errors=True)
        return built

    def stream(self, out: BinaryIO, jobs: int, progress: Progress) -> int:
        """Write the bundle to `out` in order, and no lock, and return its size in bytes.

        Raises AirgapError; what was written is then no whole bundle.
        """
        try:
            shown = ImageProgress(progress, self.plan.needs)
            return stream_bundle(self.plan, out, jobs, shown)
        finally:
            shutil.rmtree(staging_directory(self.order.target.path), ignore_errors=True)

    def _write_lock(self, text: bytes) -> None:
        """Leave one that says the same as it is: a person may have written comments into it."""
        path = lock_path(self.order.target.path)
        with suppress(AirgapError):
            if Lock.read(path).encode() == text:
                return
        write_atomically(path, text)

    def _told(self, error: WrongBytesError) -> IntegrityError:
        """The same, by the asset's name if it is one's."""
        asset = next((one for one in self.lock.assets if one.digest == error.digest), None)
        if asset is None:
            return error
        shutil.rmtree(staging_directory(self.order.target.path), ignore_errors=True)
        return IntegrityError(
            f"asset {asset.name} came twice with other bytes than was settled: {asset.url}",
            remedy="it was replaced there, or a proxy spoils it: see what it is now, and lock it "
            f"anew, or leave it out with --skip-asset '{asset.name}=REASON'",
        )


@contextmanager
def prepared(order: Order, resolver: Resolver, assets: AssetResolver) -> Iterator[Prepared]:
    """Find out all that the bundle of `order` will hold.

    An unfinished build of the same order is gone on with from its own lock, so that a tag that
    moved since does not matter. Raises AirgapError.
    """
    order.target.check()
    earlier = _earlier_lock(order)
    with ExitStack() as opened:
        older = [opened.enter_context(Bundle.open(path)) for path in order.reuse]
        known = order.lock or earlier
        far_side = order.evidence.read(resolver)
        if known is None:
            found = resolved(order, resolver, assets, far_side)
            lock = locked(order, found)
        else:
            with nullcontext() if order.lock else _telling_how_to_begin_anew(order.target.path):
                found = _recalled(known, older, (resolver, assets), far_side)
            lock = replace(known, files=order.seeds.locked)
        extras = Extras(found.assets, order.seeds.contents, lock.allowed, found.unchanged)
        plan = plan_bundle(found.trees, older, resolver.jobs, extras, far_side)
        if order.sign_key:
            plan = replace(plan, signature=order.sign_key.sign(plan.catalogue.raw))
        yield Prepared(order, lock, plan, earlier is not None)


@dataclass(frozen=True)
class Found:
    """What there is of an order: images that were read, images that need not be, and assets.

    `requests` are those of the order, each with the tag that it came to.
    """

    trees: tuple[ImageTree, ...]
    unchanged: tuple[UnchangedImage, ...]
    assets: tuple[ResolvedAsset, ...]
    requests: tuple[ImageRequest, ...] = ()

    @property
    def images(self) -> tuple[LockedImage, ...]:
        """All of them, by digest."""
        return (*(one.image for one in self.trees), *(one.image for one in self.unchanged))


def resolved(order: Order, resolver: Resolver, assets: AssetResolver, far_side: FarSide) -> Found:
    """All images and assets of `order` as they are now. Raises AirgapError for all that fail."""
    errors: list[AirgapError] = []
    trees: tuple[ImageTree, ...] = ()
    looked: tuple[LookedUp, ...] = ()
    unchanged: dict[ImageRequest, UnchangedImage] = {}
    requests = order.requests
    with collected_in(errors):
        looked = assets.look(order.assets)
    with collected_in(errors):
        requests = with_newest(requests, resolver.registries, resolver.jobs)
        if not order.looks_closer:
            unchanged = find_unchanged(requests, order.selection, far_side, resolver)
        others = [one for one in requests if one not in unchanged]
        trees = resolver.resolve(others, order.selection)
    raise_all(errors)
    return Found(trees, tuple(unchanged.values()), assets.settle(looked), requests)


@contextmanager
def _telling_how_to_begin_anew(path: Path) -> Iterator[None]:
    """An unfinished build wants what its own lock says, and that may be gone by now."""
    try:
        yield
    except MissingError as error:
        raise MissingError(
            error.what,
            remedy=f"{error.remedy}; the unfinished {path} began with it: to begin anew with what "
            f"is there now, delete {path}.part and {path}.part.journal",
        ) from error


def _recalled(
    lock: Lock,
    older: Sequence[Bundle],
    resolvers: tuple[Resolver, AssetResolver],
    far_side: FarSide,
) -> Found:
    resolver, assets = resolvers
    unchanged = recalled_unchanged(lock.images, far_side)
    left = {one.image.reference for one in unchanged}
    errors: list[AirgapError] = []
    trees: tuple[ImageTree, ...] = ()
    found: tuple[ResolvedAsset, ...] = ()
    with collected_in(errors):
        found = assets.recall(lock.assets, lambda one: any(old.has(one) for old in older))
    with collected_in(errors):
        others = tuple(one for one in lock.images if one.reference not in left)
        trees = resolver.recall(replace(lock, images=others))
    raise_all(errors)
    return Found(trees, tuple(unchanged), found)


def locked(order: Order, found: Found) -> Lock:
    """The lock of what was found of `order`, and of what was not, since that is optional."""
    return Lock(
        images=found.images,
        assets=tuple(one.asset for one in found.assets),
        files=order.seeds.locked,
        allowed=(*order.allowed, *_left_out(order, found)),
    )


def _left_out(order: Order, found: Found) -> Iterator[Allowance]:
    """What is optional, and not where it should be: the far side shall know."""
    reason = "optional, and its origin did not have it when the bundle was made"
    images = {image.reference for image in found.images}
    for request in found.requests:
        if request.origin.reference not in images:
            yield Allowance("image", str(request.origin.reference), reason, request.component)
    urls = {one.asset.url for one in found.assets}
    for asset in order.assets:
        if asset.url not in urls:
            yield Allowance("asset", asset.url, reason, asset.component)


def _earlier_lock(order: Order) -> Lock | None:
    """The lock of an unfinished build of the same order, if there is one."""
    header = unfinished(order.target.path)
    if header is None or header.request != order.fingerprint:
        return None
    try:
        return Lock.parse(header.lock.encode(), "the journal")
    except AirgapError:
        return None


def lock_path(bundle: Path) -> Path:
    """Where the lock of the bundle `NAME.tar.zst` is written: `NAME.lock.yaml`."""
    return bundle.with_name(bundle.name.removesuffix(BUNDLE_SUFFIX) + LOCK_SUFFIX)
