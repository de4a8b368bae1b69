"""Fetching blobs that compress well: in order, resumed at a frame, damage noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, NetworkError
from cube_airgap.zstd_frames import FRAME_DATA
from cube_bundle.writing.journal import Journal, journal_path
from tests.support.made_plan import assert_holds, build, header_of, plan_of
from tests.support.memory_source import MemorySource, prose
from tests.support.noting_progress import NotingProgress

if TYPE_CHECKING:
    from pathlib import Path

FIRST = prose(2 * FRAME_DATA + 9, 1)
SECOND = prose(5 * FRAME_DATA, 2)
BLOBS = [FIRST, b"", SECOND]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.tar.zst"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bundle of an undisturbed build."""
    path = tmp_path_factory.mktemp("whole") / "out.tar.zst"
    build(plan_of(MemorySource(BLOBS), (), BLOBS), path)
    return path.read_bytes()


def break_at(source: MemorySource, blob: bytes, frame: int) -> None:
    def broken(digest: Digest, offset: int, piece: bytes) -> bytes:
        if digest == Digest.of(blob) and offset >= frame * FRAME_DATA:
            raise NetworkError("the cable is out", remedy="plug it in")
        return piece

    source.on_piece = broken


def repair(source: MemorySource) -> None:
    source.on_piece = lambda _digest, _offset, piece: piece
    source.asked.clear()


def test_compressed_blobs_arrive_and_are_small(target: Path) -> None:
    source = MemorySource(BLOBS)
    built = build(plan_of(source, (), BLOBS), target)
    assert_holds(target, BLOBS)
    assert built.size < sum(map(len, BLOBS)) / 2
    assert [one.start for one in source.asked] == [0, 0, 0]


@pytest.mark.parametrize("jobs", [1, 3, 8])
def test_the_bytes_do_not_depend_on_the_number_of_workers(
    target: Path, whole: bytes, jobs: int
) -> None:
    build(plan_of(MemorySource(BLOBS), (), BLOBS), target, jobs=jobs)
    assert target.read_bytes() == whole


@pytest.mark.parametrize(("blob", "frame"), [(FIRST, 0), (FIRST, 2), (SECOND, 0), (SECOND, 3)])
def test_an_interrupted_build_goes_on_at_its_frame(
    target: Path, whole: bytes, blob: bytes, frame: int
) -> None:
    source = MemorySource(BLOBS)
    plan = plan_of(source, (), BLOBS)
    break_at(source, blob, frame)
    with pytest.raises(NetworkError):
        build(plan, target, jobs=1)
    journal = Journal.open(target)
    journal.close()
    repair(source)
    progress = NotingProgress()
    build(plan, target, jobs=1, progress=progress)
    assert target.read_bytes() == whole
    done_of_first = min(len(journal.compressed), 3)
    expected = [done_of_first * FRAME_DATA] if done_of_first < 3 else []
    assert source.starts(FIRST) == expected
    assert progress.done == progress.total == sum(map(len, BLOBS))


def test_frames_that_are_journaled_are_not_fetched_again(target: Path) -> None:
    source = MemorySource(BLOBS)
    break_at(source, SECOND, 3)
    with pytest.raises(NetworkError):
        build(plan_of(source, (), BLOBS), target, jobs=1)
    journal = Journal.open(target)
    journal.close()
    done = len(journal.compressed) - 4
    repair(source)
    build(plan_of(source, (), BLOBS), target, jobs=1)
    assert [(one.digest, one.start) for one in source.asked] == [
        (Digest.of(SECOND), done * FRAME_DATA)
    ]


def test_damage_on_the_disk_is_noticed_and_fetched_again(target: Path, whole: bytes) -> None:
    source = MemorySource(BLOBS)
    plan = plan_of(source, (), BLOBS)
    break_at(source, SECOND, 3)
    with pytest.raises(NetworkError):
        build(plan, target, jobs=1)
    journal = Journal.open(target)
    journal.close()
    written = sum(journal.compressed)
    with target.with_name(target.name + ".part").open("r+b") as file:
        file.seek(plan.layout.tail_offset + written - 100)
        file.write(bytes(50))
    repair(source)
    progress = NotingProgress()
    build(plan, target, jobs=1, progress=progress)
    assert target.read_bytes() == whole
    assert source.starts(SECOND) == [0]
    assert progress.done == progress.total


def test_after_a_reboot_every_written_blob_is_verified(target: Path, whole: bytes) -> None:
    source = MemorySource(BLOBS)
    plan = plan_of(source, (), BLOBS)
    break_at(source, SECOND, 3)
    with pytest.raises(NetworkError):
        build(plan, target, jobs=1)
    journal = Journal.open(target)
    journal.begin(header_of(plan))
    journal.doubt()
    first_size = journal.compressed[0]
    journal.close()
    with target.with_name(target.name + ".part").open("r+b") as file:
        file.seek(plan.layout.tail_offset + first_size - 100)
        file.write(bytes(50))  # in the first blob, which was verified before
    repair(source)
    progress = NotingProgress()
    build(plan, target, jobs=1, progress=progress)
    assert target.read_bytes() == whole
    assert source.starts(FIRST) == [0]
    assert progress.done == progress.total


def test_wrong_bytes_once_are_fetched_once_more(target: Path, whole: bytes) -> None:
    source = MemorySource(BLOBS)
    spoiled: list[int] = []

    def spoil(digest: Digest, offset: int, piece: bytes) -> bytes:
        if digest == Digest.of(SECOND) and offset == FRAME_DATA and not spoiled:
            spoiled.append(offset)
            return b"\0" + piece[1:]
        return piece

    source.on_piece = spoil
    progress = NotingProgress()
    build(plan_of(source, (), BLOBS), target, progress=progress)
    assert target.read_bytes() == whole
    assert source.starts(SECOND) == [0, 0]
    assert progress.done == progress.total
    assert any("came damaged" in note for note in progress.notes)


def test_wrong_bytes_twice_are_an_error_and_are_not_kept(target: Path, whole: bytes) -> None:
    source = MemorySource(BLOBS)
    source.on_piece = lambda digest, _offset, piece: (
        bytes(len(piece)) if digest == Digest.of(SECOND) else piece
    )
    with pytest.raises(IntegrityError, match="came twice with other bytes"):
        build(plan_of(source, (), BLOBS), target)
    repair(source)
    build(plan_of(source, (), BLOBS), target)
    assert target.read_bytes() == whole
    assert source.starts(FIRST) == []
    assert source.starts(SECOND) == [0]


def test_the_journal_goes_with_the_publication(target: Path) -> None:
    build(plan_of(MemorySource(BLOBS), (), BLOBS), target)
    assert not journal_path(target).exists()
