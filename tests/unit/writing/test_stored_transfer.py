"""Fetching stored blobs: in parallel ranges, verified, and never a finished frame twice."""

from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, NetworkError
from cube_airgap.threads import Workers
from cube_airgap.zstd_frames import FRAME_DATA
from cube_bundle.writing.bundle_writer import BundleWriter
from cube_bundle.writing.journal import Journal
from cube_bundle.writing.part_file import PartFile
from cube_bundle.writing.stored_transfer import StoredTransfer
from tests.support.made_plan import assert_holds, build, header_of, plan_of
from tests.support.memory_source import MemorySource, noise
from tests.support.noting_progress import NotingProgress

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from cube_airgap.descriptor import Descriptor

SMALL = [noise(size, size) for size in (0, 1, 511, 512, 100_000)]
FOUR_FRAMES = noise(3 * FRAME_DATA + 77, 1)
HUGE = noise(20 * FRAME_DATA + 5, 2)  # more than 64 MiB: worth sharing


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.tar.zst"


@contextmanager
def writing(target: Path, source: MemorySource, blobs: Sequence[bytes]) -> Iterator[BundleWriter]:
    plan = plan_of(source, blobs)
    with closing(Journal.open(target)) as journal, closing(PartFile(target, 0)) as part:
        journal.begin(header_of(plan))
        yield BundleWriter(plan.layout, part, journal)


def transfer(
    writer: BundleWriter,
    source: MemorySource,
    jobs: int = 1,
    progress: NotingProgress | None = None,
) -> None:
    workers = Workers(jobs)
    fetching = StoredTransfer(writer, lambda _: source, progress or NotingProgress(), workers.stop)
    workers.run([fetching.run] * jobs)


class BrokenError(Exception):
    """What a test's source raises to stop a build."""


def test_blobs_of_every_size_arrive(target: Path) -> None:
    blobs = [*SMALL, FOUR_FRAMES]
    build(plan_of(MemorySource(blobs), blobs), target)
    assert_holds(target, blobs)


def test_each_blob_is_asked_for_once_and_just_once(target: Path) -> None:
    blobs = [*SMALL, FOUR_FRAMES]
    source = MemorySource(blobs)
    build(plan_of(source, blobs), target, jobs=4)
    assert [one.start for one in source.asked] == [0] * len(blobs)


def test_one_large_blob_is_fetched_in_parallel_ranges_that_do_not_overlap(target: Path) -> None:
    source = MemorySource([HUGE])
    both = threading.Barrier(2, timeout=60)
    met = threading.Event()

    def meet(_digest: Digest, offset: int, piece: bytes) -> bytes:
        if not met.is_set() and (offset == 0 or offset > len(HUGE) // 3):
            both.wait()
            met.set()
        return piece

    source.on_piece = meet
    build(plan_of(source, [HUGE]), target)
    assert_holds(target, [HUGE])
    ranges = sorted((one.start, one.read_to) for one in source.asked)
    assert len(ranges) > 1
    assert (ranges[0][0], ranges[-1][1]) == (0, len(HUGE))
    # A stream that another worker took the rear of has sent at most a frame of that.
    assert all(end - FRAME_DATA <= start <= end for (_, end), (start, _) in pairwise(ranges))


def test_wrong_bytes_once_are_fetched_once_more(target: Path) -> None:
    source = MemorySource([FOUR_FRAMES])
    spoiled: list[int] = []

    def spoil(_digest: Digest, offset: int, piece: bytes) -> bytes:
        if offset == FRAME_DATA and not spoiled:
            spoiled.append(offset)
            return b"\0" + piece[1:]
        return piece

    source.on_piece = spoil
    progress = NotingProgress()
    build(plan_of(source, [FOUR_FRAMES]), target, progress=progress)
    assert source.starts(FOUR_FRAMES) == [0, 0]
    assert_holds(target, [FOUR_FRAMES])
    assert progress.done == progress.total
    assert any("came damaged" in note for note in progress.notes)


def test_wrong_bytes_twice_are_an_error_and_are_not_kept(target: Path) -> None:
    source = MemorySource([FOUR_FRAMES])
    source.on_piece = lambda _digest, _offset, piece: bytes(len(piece))
    with pytest.raises(IntegrityError, match="came twice with other bytes"):
        build(plan_of(source, [FOUR_FRAMES]), target)
    assert not target.exists()
    source.on_piece = lambda _digest, _offset, piece: piece
    build(plan_of(source, [FOUR_FRAMES]), target)
    assert source.starts(FOUR_FRAMES) == [0, 0, 0]
    assert_holds(target, [FOUR_FRAMES])


def test_going_on_asks_only_for_the_frames_that_are_missing(target: Path) -> None:
    source = MemorySource([FOUR_FRAMES])

    def break_off(_digest: Digest, offset: int, piece: bytes) -> bytes:
        if offset >= 2 * FRAME_DATA:
            raise NetworkError("the cable is out", remedy="plug it in")
        return piece

    source.on_piece = break_off
    with pytest.raises(NetworkError):
        build(plan_of(source, [FOUR_FRAMES]), target)
    source.on_piece = lambda _digest, _offset, piece: piece
    source.asked.clear()
    progress = NotingProgress()
    build(plan_of(source, [FOUR_FRAMES]), target, progress=progress)
    assert [(one.start, one.end) for one in source.asked] == [(2 * FRAME_DATA, len(FOUR_FRAMES))]
    assert progress.done_before == 2 * FRAME_DATA
    assert progress.done == progress.total == len(FOUR_FRAMES)
    assert_holds(target, [FOUR_FRAMES])


def test_a_hole_is_asked_for_by_both_its_ends(target: Path) -> None:
    source = MemorySource([FOUR_FRAMES])
    with writing(target, source, [FOUR_FRAMES]) as writer:
        for frame in (0, 2):
            data = FOUR_FRAMES[frame * FRAME_DATA : (frame + 1) * FRAME_DATA]
            writer.write_stored(0, frame, [data])
        transfer(writer, source)
    assert [(one.start, one.end) for one in source.asked] == [
        (FRAME_DATA, 2 * FRAME_DATA),
        (3 * FRAME_DATA, len(FOUR_FRAMES)),
    ]


def test_a_verified_blob_is_neither_fetched_nor_hashed_again(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MemorySource([FOUR_FRAMES])
    with writing(target, source, [FOUR_FRAMES]) as writer:
        transfer(writer, source)
        source.asked.clear()
        monkeypatch.setattr(writer, "read_stored", _unwanted)
        monkeypatch.setattr(Digest, "hasher", _unwanted)
        transfer(writer, source)
    assert source.asked == []


def _unwanted(*_: object) -> None:
    raise AssertionError("nobody needs it")


def test_a_blob_that_was_written_but_not_verified_is_hashed_from_the_disk(target: Path) -> None:
    source = MemorySource([FOUR_FRAMES])
    with writing(target, source, [FOUR_FRAMES]) as writer:
        transfer(writer, source)
        writer.journal.doubt()
        source.asked.clear()
        transfer(writer, source)
        assert source.asked == []
        assert writer.journal.verified == {str(Digest.of(FOUR_FRAMES))}


def test_what_the_disk_lost_is_fetched_again(target: Path) -> None:
    source = MemorySource([FOUR_FRAMES])
    with writing(target, source, [FOUR_FRAMES]) as writer:
        transfer(writer, source)
        writer.journal.doubt()
        writer.part.pwrite([bytes(4096)], writer.layout.stored[0].frame_offset(1) + 5000)
        transfer(writer, source)
        assert writer.journal.verified
        assert writer.read_stored(0, 1) == FOUR_FRAMES[FRAME_DATA : 2 * FRAME_DATA]
    assert source.starts(FOUR_FRAMES) == [0, 0]


def test_a_blob_that_is_short_is_told_of_and_its_frames_are_kept(target: Path) -> None:
    source = MemorySource([FOUR_FRAMES])
    source.on_piece = lambda _digest, offset, piece: b"" if offset >= FRAME_DATA else piece
    with pytest.raises(IntegrityError, match="bytes early"):
        build(plan_of(source, [FOUR_FRAMES]), target, jobs=1)
    source.on_piece = lambda _digest, _offset, piece: piece
    build(plan_of(source, [FOUR_FRAMES]), target, jobs=1)
    assert source.starts(FOUR_FRAMES) == [0, FRAME_DATA]


def test_an_error_of_one_worker_stops_the_others(target: Path) -> None:
    others = noise(8 * FRAME_DATA, 3)
    source = MemorySource([FOUR_FRAMES, others])
    started = threading.Event()

    def fail_one(digest: Digest, offset: int, piece: bytes) -> bytes:
        if digest == Digest.of(FOUR_FRAMES):
            assert started.wait(60)
            raise NetworkError("the cable is out", remedy="plug it in")
        if offset == FRAME_DATA:
            started.set()
        return piece

    source.on_piece = fail_one
    with pytest.raises(NetworkError):
        build(plan_of(source, [FOUR_FRAMES, others]), target)
    assert not target.exists()


def test_the_source_sees_that_nothing_follows(target: Path) -> None:
    class Longer(MemorySource):
        def read_blob(self, blob, start=0, end=None):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            yield from super().read_blob(blob, start, end)
            raise IntegrityError("more bytes come than the blob has", remedy="none")

    with pytest.raises(IntegrityError, match="more bytes come"):
        build(plan_of(Longer([FOUR_FRAMES]), [FOUR_FRAMES]), target)


def test_an_unforeseen_error_is_not_hidden(target: Path) -> None:
    source = MemorySource([FOUR_FRAMES])

    def broken(_digest: Digest, _offset: int, _piece: bytes) -> bytes:
        raise BrokenError

    source.on_piece = broken
    with pytest.raises(BrokenError):
        build(plan_of(source, [FOUR_FRAMES]), target)


class TwoStreams(MemorySource):
    """Gives out one blob in two streams, which begin and end together."""

    def __init__(self, blob: bytes) -> None:
        super().__init__([blob])
        self.both = threading.Barrier(2, timeout=60)

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        self.both.wait()
        try:
            yield from super().read_blob(blob, start, end)
        finally:
            self.both.wait()


def test_two_workers_that_finish_a_blob_together_verify_it_once(target: Path) -> None:
    progress = NotingProgress()
    with writing(target, source := TwoStreams(HUGE), [HUGE]) as writer:
        transfer(writer, source, 2, progress)
    assert len(source.asked) == 2
    assert (progress.items, progress.notes) == ([str(Digest.of(HUGE))], [])
