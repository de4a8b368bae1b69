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
    Interrupted,
    MissingError,
    collected_in,
    raise_all,
)
from cube_airgap.volumes import BUNDLE_SUFFIX
from cube_bundle.build import build_bundle
from cube_bundle.far_side import Evidence
from cube_bundle.image_progress import ImageProgress
from cube_bundle.image_request import fingerprint
from cube_bundle.lock import LOCK_SUFFIX, Lock
from cube_bundle.plan import Extras, plan_bundle
from cube_bundle.resolution import Selection
from cube_bundle.seed_files import SeedFiles
from cube_bundle.writing.journal import JournalHeader, unfinished
from cube_bundle.writing.wrong_bytes import WrongBytesError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from cube_airgap.progress import Progress
    from cube_bundle.assets.request import AssetRequest
    from cube_bundle.assets.resolution import AssetResolver, LookedUp, ResolvedAsset
    from cube_bundle.build import Built, Target
    from cube_bundle.image_request import ImageRequest
    from cube_bundle.image_tree import ImageTree
    from cube_bundle.plan import BundlePlan
    from cube_bundle.resolution import Resolver


@dataclass(frozen=True)
class Order:
    """What to bundle, and where to.

    Either `lock` says it, with the files of that lock as `seeds`, or the rest does. Blobs that a
    bundle of `reuse` has are taken from there, and what the far side has by `evidence` is left out.
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

    @property
    def fingerprint(self) -> str:
        """Orders with the same one ask for the same."""
        locked = self.lock.encode().decode() if self.lock else ""
        assets = [replace(one, where="") for one in self.assets]
        besides = (assets, self.seeds.locked, self.allowed, *self.evidence.paths)
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
        if known is None:
            trees, found = resolved(order, resolver, assets)
            lock = locked(order, trees, found)
        else:
            with nullcontext() if order.lock else _telling_how_to_begin_anew(order.target.path):
                trees, found = _recalled(known, older, resolver, assets)
            lock = replace(known, files=order.seeds.locked)
        extras = Extras(found, order.seeds.contents, lock.allowed)
        far_side = order.evidence.read(resolver)
        plan = plan_bundle(trees, older, resolver.jobs, extras, far_side)
        yield Prepared(order, lock, plan, earlier is not None)


def resolved(
    order: Order, resolver: Resolver, assets: AssetResolver
) -> tuple[tuple[ImageTree, ...], tuple[ResolvedAsset, ...]]:
    """All images and assets of `order` as they are now. Raises AirgapError for all that fail."""
    errors: list[AirgapError] = []
    trees: tuple[ImageTree, ...] = ()
    looked: tuple[LookedUp, ...] = ()
    with collected_in(errors):
        looked = assets.look(order.assets)
    with collected_in(errors):
        trees = resolver.resolve(order.requests, order.selection)
    raise_all(errors)
    return trees, assets.settle(looked)


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
    lock: Lock, older: Sequence[Bundle], resolver: Resolver, assets: AssetResolver
) -> tuple[tuple[ImageTree, ...], tuple[ResolvedAsset, ...]]:
    errors: list[AirgapError] = []
    trees: tuple[ImageTree, ...] = ()
    found: tuple[ResolvedAsset, ...] = ()
    with collected_in(errors):
        found = assets.recall(lock.assets, lambda one: any(old.has(one) for old in older))
    with collected_in(errors):
        trees = resolver.recall(lock)
    raise_all(errors)
    return trees, found


def locked(order: Order, trees: Sequence[ImageTree], found: Sequence[ResolvedAsset]) -> Lock:
    """The lock of what was found of `order`, and of what was not, since that is optional."""
    return Lock(
        images=tuple(tree.image for tree in trees),
        assets=tuple(one.asset for one in found),
        files=order.seeds.locked,
        allowed=(*order.allowed, *_left_out(order, trees, found)),
    )


def _left_out(
    order: Order, trees: Iterable[ImageTree], found: Iterable[ResolvedAsset]
) -> Iterator[Allowance]:
    """What is optional, and not where it should be: the far side shall know."""
    reason = "optional, and its origin did not have it when the bundle was made"
    images = {tree.image.reference for tree in trees}
    for request in order.requests:
        if request.origin.reference not in images:
            yield Allowance("image", str(request.origin.reference), reason, request.component)
    urls = {one.asset.url for one in found}
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


def staging_directory(bundle: Path) -> Path:
    """Where a daemon's images, unpacked archives and unpinned downloads lie until it is done."""
    return bundle.with_name(bundle.name + ".staging")


def stopped(path: Path) -> Interrupted:
    """What to tell when the user stopped the writing of the bundle at `path`."""
    return Interrupted(
        f"stopped; all that was written is kept beside {path} (.part, .part.journal)",
        remedy="run the same command again: it goes on from there and gives the same bundle; "
        "or delete those files to drop it",
    )
