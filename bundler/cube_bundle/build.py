"""Building a bundle from its plan: fetch, write, verify, publish; or go on where it was left."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_airgap.bundle import Bundle
from cube_airgap.bundle_content import FileContent
from cube_airgap.bundle_file import BundleFile
from cube_airgap.disk import check_space, writing_to
from cube_airgap.errors import AirgapError, Interrupted, SpaceError, UsageError
from cube_airgap.threads import Workers
from cube_airgap.volumes import BUNDLE_SUFFIX, volumes_file
from cube_bundle.image_progress import ImageProgress
from cube_bundle.writing.bundle_writer import BundleWriter
from cube_bundle.writing.journal import Journal, JournalHeader, journal_path
from cube_bundle.writing.part_file import PartFile
from cube_bundle.writing.stored_transfer import StoredTransfer
from cube_bundle.writing.tail_transfer import TailTransfer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cube_airgap.digest import Digest
    from cube_airgap.progress import Progress
    from cube_bundle.plan import BundlePlan

# Writer and reader keep all volumes open, and a process may open 1024 files on most systems.
_MOST_VOLUMES = 900


@dataclass(frozen=True)
class Target:
    """Where a bundle goes. `volume_size` is in bytes; 0 means one file."""

    path: Path
    volume_size: int = 0

    @property
    def published(self) -> Path:
        """The file that appears last: its presence says that the bundle is whole."""
        return volumes_file(self.path) if self.volume_size else self.path

    def check(self) -> None:
        """See that a bundle can be here, whatever is in it. Raises UsageError, SpaceError."""
        if not self.path.name.endswith(BUNDLE_SUFFIX):
            raise UsageError(
                f"{self.path} does not end in {BUNDLE_SUFFIX}",
                remedy=f"name the bundle -o NAME{BUNDLE_SUFFIX}",
            )
        with writing_to(self.path):  # a directory that may not be looked into, a name too long
            has_directory = journal_path(self.path).exists() or self.path.parent.is_dir()
        if not has_directory:
            raise UsageError(
                f"there is no directory {self.path.parent}",
                remedy="make it, or choose another path with -o",
            )
        other = self.path if self.volume_size else volumes_file(self.path)
        if other.exists():  # the name would stand for both
            raise _in_the_way(other)
        if self.published.exists():
            self._check_cut(_bundle_at(self.published).paths[1:])

    def _check_cut(self, volumes: Sequence[Path]) -> None:
        """See that volumes which are there are as large as those that are asked for."""
        sizes = [path.stat().st_size for path in volumes]
        if not sizes or (len(sizes) == 1 and sizes[0] <= self.volume_size):
            return
        if sizes[0] != self.volume_size:
            raise UsageError(
                f"{self.published} has volumes of {sizes[0]:,} bytes, and not of "
                f"{self.volume_size:,}",
                remedy="choose another path with -o, or delete it and its volumes first",
            )


@dataclass(frozen=True)
class Built:
    """A finished bundle; `signature` is empty where it has none."""

    bundle: Digest
    paths: tuple[Path, ...]
    size: int
    signature: bytes
    already_there: bool


def build_bundle(
    plan: BundlePlan, target: Target, begun: JournalHeader, jobs: int, progress: Progress
) -> Built:
    """Write the bundle of `plan` to `target` with `jobs` parallel downloads.

    `begun` says which build this is: an unfinished one of the same is gone on with, and a finished
    one is left as it is. Raises AirgapError; what was written then stays for the next run.
    """
    target.check()
    _check_volumes(plan, target)
    if target.published.exists():
        return _already_built(plan, target)
    journal = Journal.open(target.path)
    part = PartFile(target.path, target.volume_size)
    workers = Workers(jobs)
    try:
        if target.published.exists():  # another process was faster
            journal.remove()
            return _already_built(plan, target)
        _begin(journal, part, replace(begun, volume_size=target.volume_size))
        _check_space(plan, part, journal)
        writer = BundleWriter(plan.layout, part, journal)
        _transfer(plan, writer, workers, progress)
        paths = writer.finish(plan.catalogue.digest)
    finally:
        if workers.idle:  # one that is stuck in a read may write once more; the exit closes both
            part.close()
            journal.close()
    size = sum(path.stat().st_size for path in paths if path != volumes_file(target.path))
    return Built(plan.catalogue.digest, paths, size, plan.signature, already_there=False)


def _already_built(plan: BundlePlan, target: Target) -> Built:
    found = _bundle_at(target.published)
    if (found.bundle, found.signature) != (plan.catalogue.digest, plan.signature):
        raise _in_the_way(target.published)
    _remove_stale_journal(target.path)
    return found


def _bundle_at(published: Path) -> Built:
    """The bundle that is there already. Raises UsageError where that is something else."""
    try:
        with BundleFile(published) as file:
            bundle = Bundle(FileContent(file), file)
            names = [volume.name for volume in file.volumes.volumes] if file.volumes else []
            paths = (published, *(published.with_name(name) for name in names))
            digest = bundle.catalogue.digest
            return Built(digest, paths, file.size, bundle.signature, already_there=True)
    except AirgapError:
        raise _in_the_way(published) from None


def _in_the_way(path: Path) -> UsageError:
    """What to tell where something else is at `path`."""
    return UsageError(
        f"{path} exists and holds something else",
        remedy="choose another path with -o, or delete it first",
    )


def _remove_stale_journal(target: Path) -> None:
    """A kill can come between the publication and the removal of the journal."""
    if journal_path(target).exists():
        with suppress(AirgapError), closing(Journal.open(target)) as journal:
            journal.remove()


def build_without_lock(
    plan: BundlePlan, target: Target, request: str, jobs: int, progress: Progress
) -> Built:
    """Write the bundle of a plan that follows from `request` alone, as two bundles or an artifact.

    An unfinished one of the same is gone on with. Raises AirgapError, Interrupted too; what was
    written then stays for the next run.
    """
    begun = JournalHeader(
        request=request,
        lock="",
        bundle=str(plan.catalogue.digest),
        layout=plan.layout.fingerprint,
    )
    try:
        return build_bundle(plan, target, begun, jobs, ImageProgress(progress, plan.needs))
    except KeyboardInterrupt:
        raise stopped(target.path) from None


def stopped(path: Path) -> Interrupted:
    """What to tell when the user stopped the writing of the bundle at `path`."""
    return Interrupted(
        f"stopped; all that was written is kept beside {path} (.part, .part.journal)",
        remedy="run the same command again: it goes on from there and gives the same bundle; "
        "or delete those files to drop it",
    )


def _check_volumes(plan: BundlePlan, target: Target) -> None:
    if target.volume_size and _largest_size(plan) > target.volume_size * _MOST_VOLUMES:
        raise UsageError(
            f"volumes of {target.volume_size:,} bytes would be more than {_MOST_VOLUMES}",
            remedy=f"use --volume-size {-(-_largest_size(plan) // _MOST_VOLUMES)} or more",
        )


def _begin(journal: Journal, part: PartFile, begun: JournalHeader) -> None:
    """Start anew, or go on with what an earlier run of the same build left."""
    if journal.header is None and part.exists():
        journal.remove()
        raise UsageError(
            f"there is an unfinished {part.target} without its journal",
            remedy="delete it (NAME.part, or the numbered volumes), or choose another path with -o",
        )
    journal.begin(begun)
    part.take_back()
    if not part.exists():
        journal.forget()
        journal.begin(begun)


def _check_space(plan: BundlePlan, part: PartFile, journal: Journal) -> None:
    try:
        check_space(part.target.parent, _least_size(plan) - part.allocated())
    except SpaceError:
        if not part.exists():
            journal.remove()  # which tells of nothing yet
        raise


def _least_size(plan: BundlePlan) -> int:
    """Bytes that the bundle takes at least; layers seldom compress to less than a quarter."""
    return plan.layout.tail_offset + sum(member.blob.size // 4 for member in plan.layout.tail)


def _largest_size(plan: BundlePlan) -> int:
    """Bytes that the bundle takes at most, nearly: what compresses badly grows a little."""
    return plan.layout.tail_offset + sum(member.blob.size for member in plan.layout.tail)


def _transfer(plan: BundlePlan, writer: BundleWriter, workers: Workers, progress: Progress) -> None:
    source_of = plan.sources.__getitem__
    stored = StoredTransfer(writer, source_of, progress, workers.stop)
    tail = TailTransfer(writer, source_of, progress, workers)
    progress.start(
        sum(blob.size for blob in plan.large), stored.done_bytes + tail.done_bytes, len(plan.large)
    )
    for digest in writer.journal.verified:
        progress.item_done(digest)
    try:
        workers.run([stored.run] * workers.count)
        workers.run([tail.run])
    finally:
        progress.close()
