"""An order for a bundle: resolved or recalled, planned, and carried out or gone on with."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.bundle import Bundle
from cube_airgap.disk import write_atomically
from cube_airgap.errors import AirgapError, Interrupted
from cube_airgap.volumes import BUNDLE_SUFFIX
from cube_bundle.build import build_bundle
from cube_bundle.image_progress import ImageProgress
from cube_bundle.image_request import fingerprint
from cube_bundle.lock import LOCK_SUFFIX, Lock
from cube_bundle.plan import plan_bundle
from cube_bundle.resolution import Selection
from cube_bundle.writing.journal import JournalHeader, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_airgap.progress import Progress
    from cube_bundle.build import Built, Target
    from cube_bundle.image_request import ImageRequest
    from cube_bundle.image_tree import ImageTree
    from cube_bundle.plan import BundlePlan
    from cube_bundle.resolution import Resolver


@dataclass(frozen=True)
class Order:
    """What to bundle, and where to.

    Either `lock` says it, or `requests` do with `selection`. Blobs that a bundle of `reuse` has are
    taken from there.
    """

    target: Target
    requests: tuple[ImageRequest, ...] = ()
    lock: Lock | None = None
    selection: Selection = field(default_factory=Selection)
    reuse: tuple[Path, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Orders with the same one ask for the same."""
        locked = self.lock.encode().decode() if self.lock else ""
        return fingerprint(self.requests, self.selection, locked)


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
            raise _stopped(target.path) from None
        write_atomically(lock_path(target.path), text)
        shutil.rmtree(staging_directory(target.path), ignore_errors=True)
        return built


@contextmanager
def prepared(order: Order, resolver: Resolver) -> Iterator[Prepared]:
    """Find out all that the bundle of `order` will hold.

    An unfinished build of the same order is gone on with from its own lock, so that a tag that
    moved since does not matter. Raises AirgapError.
    """
    earlier = _earlier_lock(order)
    with ExitStack() as opened:
        trees = _trees(order, earlier, resolver)
        older = [opened.enter_context(Bundle.open(path)) for path in order.reuse]
        plan = plan_bundle(trees, older, resolver.jobs)
        lock = Lock(tuple(tree.image for tree in trees))
        yield Prepared(order, lock, plan, earlier is not None)


def _trees(order: Order, earlier: Lock | None, resolver: Resolver) -> tuple[ImageTree, ...]:
    lock = order.lock or earlier
    if lock is not None:
        return resolver.recall(lock)
    return resolver.resolve(order.requests, order.selection)


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
    """Where a daemon's images lie until the bundle is done; nothing else is ever staged."""
    return bundle.with_name(bundle.name + ".staging")


def _stopped(path: Path) -> Interrupted:
    return Interrupted(
        f"stopped; all that was downloaded is kept beside {path} (.part, .part.journal)",
        remedy="run the same command again: it goes on from there and gives the same bundle; "
        "or delete those files to drop it",
    )
