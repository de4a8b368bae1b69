"""Building a bundle from its plan: fetch, write, verify, publish; or go on where it was left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.bundle import Bundle
from cube_airgap.disk import check_space
from cube_airgap.errors import AirgapError, UsageError
from cube_airgap.volumes import BUNDLE_SUFFIX, volumes_file
from cube_bundle.writing.bundle_writer import BundleWriter
from cube_bundle.writing.journal import Journal
from cube_bundle.writing.part_file import PartFile
from cube_bundle.writing.stored_transfer import StoredTransfer
from cube_bundle.writing.tail_transfer import TailTransfer
from cube_bundle.writing.threads import Workers

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.digest import Digest
    from cube_airgap.progress import Progress
    from cube_bundle.plan import BundlePlan
    from cube_bundle.writing.journal import JournalHeader


@dataclass(frozen=True)
class Target:
    """Where a bundle goes. `volume_size` is in bytes; 0 means one file."""

    path: Path
    volume_size: int = 0

    @property
    def published(self) -> Path:
        """The file that appears last: its presence says that the bundle is whole."""
        return volumes_file(self.path) if self.volume_size else self.path


@dataclass(frozen=True)
class Built:
    """A finished bundle."""

    bundle: Digest
    paths: tuple[Path, ...]
    size: int
    already_there: bool


def build_bundle(
    plan: BundlePlan, target: Target, begun: JournalHeader, jobs: int, progress: Progress
) -> Built:
    """Write the bundle of `plan` to `target` with `jobs` parallel downloads.

    `begun` says which build this is: an unfinished one of the same is gone on with, and a finished
    one is left as it is. Raises AirgapError; what was written then stays for the next run.
    """
    if target.published.exists():
        return _already_built(plan, target)
    _check_directory(target.path)
    journal = Journal.open(target.path)
    part = PartFile(target.path, target.volume_size)
    workers = Workers(jobs)
    try:
        _begin(journal, part, begun)
        check_space(target.path.parent, _least_size(plan) - part.allocated())
        writer = BundleWriter(plan.layout, part, journal)
        _transfer(plan, writer, workers, progress)
        paths = writer.finish(plan.catalogue.digest)
    finally:
        if workers.idle:  # one that is stuck in a read may write once more; the exit closes both
            part.close()
            journal.close()
    size = sum(path.stat().st_size for path in paths)
    return Built(plan.catalogue.digest, paths, size, already_there=False)


def _already_built(plan: BundlePlan, target: Target) -> Built:
    try:
        with Bundle.open(target.published) as there:
            found, size = there.catalogue.digest, there.file_size
    except AirgapError:
        found, size = None, 0
    if found != plan.catalogue.digest:
        raise UsageError(
            f"{target.published} exists and holds something else",
            remedy="choose another path with -o, or delete it first",
        )
    return Built(found, (target.published,), size, already_there=True)


def _check_directory(path: Path) -> None:
    if not path.name.endswith(BUNDLE_SUFFIX):
        raise UsageError(
            f"{path} does not end in {BUNDLE_SUFFIX}",
            remedy=f"name the bundle -o NAME{BUNDLE_SUFFIX}",
        )
    if not path.parent.is_dir():
        raise UsageError(
            f"there is no directory {path.parent}", remedy="make it, or choose another path with -o"
        )


def _begin(journal: Journal, part: PartFile, begun: JournalHeader) -> None:
    part.take_back()
    if part.exists() and journal.header is None:
        journal.remove()
        raise UsageError(
            f"there is an unfinished {part.target} without its journal",
            remedy="delete the .part file, or choose another path with -o",
        )
    if not part.exists():
        journal.forget()
    journal.begin(begun)


def _least_size(plan: BundlePlan) -> int:
    """Bytes that the bundle takes at least; layers seldom compress to less than a quarter."""
    return plan.layout.tail_offset + sum(member.blob.size // 4 for member in plan.layout.tail)


def _transfer(plan: BundlePlan, writer: BundleWriter, workers: Workers, progress: Progress) -> None:
    source_of = plan.sources.__getitem__
    stored = StoredTransfer(writer, source_of, progress, workers.stop)
    tail = TailTransfer(writer, source_of, progress, workers)
    progress.start(
        sum(blob.size for blob in plan.large), stored.done_bytes + tail.done_bytes, len(plan.large)
    )
    try:
        workers.run([stored.run] * workers.count)
        workers.run([tail.run])
    finally:
        progress.close()
