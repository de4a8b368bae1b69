"""Builds of made-up blobs: what is in the way, what a full disk costs, which bytes come out."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.digest import Digest
from cube_airgap.errors import NetworkError, SpaceError, UsageError
from cube_airgap.zstd_frames import FRAME_DATA
from cube_bundle.build import Target
from cube_bundle.writing.journal import Journal, journal_path
from cube_console.amounts import parse_size
from tests.support.made_plan import assert_holds, build, header_of, plan_of
from tests.support.memory_source import MemorySource, noise, prose
from tests.support.small_disk import enlarge, make_read_only, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORED = [noise(2 * FRAME_DATA + 3, 1), noise(1000, 2), noise(FRAME_DATA, 3)]
COMPRESSED = [prose(2 * FRAME_DATA, 4), prose(10, 5)]
BLOBS = [*STORED, *COMPRESSED]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.tar.zst"


@pytest.fixture
def source() -> MemorySource:
    return MemorySource(BLOBS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "out.tar.zst"
    build(plan_of(MemorySource(BLOBS), STORED, COMPRESSED), path)
    return path.read_bytes()


def break_off(source: MemorySource, blob: bytes, offset: int) -> None:
    """Let reads of `blob` fail from `offset` on."""

    def broken(digest: Digest, at: int, piece: bytes) -> bytes:
        if digest == Digest.of(blob) and at >= offset:
            raise NetworkError("the cable is out", remedy="plug it in")
        return piece

    source.on_piece = broken


def repair(source: MemorySource) -> None:
    source.on_piece = lambda _digest, _offset, piece: piece
    source.asked.clear()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("jobs", [1, 8])
def test_the_bytes_do_not_depend_on_the_number_of_jobs(
    target: Path, source: MemorySource, whole: bytes, jobs: int
) -> None:
    build(plan_of(source, STORED, COMPRESSED), target, jobs=jobs)
    assert target.read_bytes() == whole


def test_only_the_bundle_is_left(target: Path, source: MemorySource) -> None:
    plan = plan_of(source, STORED, COMPRESSED)
    built = build(plan, target)
    assert names(target.parent) == ["out.tar.zst"]
    assert (built.bundle, built.paths, built.size, built.already_there) == (
        plan.catalogue.digest,
        (target,),
        target.stat().st_size,
        False,
    )
    assert_holds(target, BLOBS)


def test_the_real_programs_unpack_it(target: Path, source: MemorySource) -> None:
    build(plan_of(source, STORED, COMPRESSED), target)
    (target.parent / "unpacked").mkdir()
    command = ["tar", "--zstd", "-xf", str(target), "-C", str(target.parent / "unpacked")]
    subprocess.run(command, check=True)
    for blob in BLOBS:
        path = target.parent / "unpacked" / Digest.of(blob).layout_path
        assert path.read_bytes() == blob


@pytest.mark.parametrize("volume_size", [1_000_000, 5_000_011, 1 << 30])
def test_volumes_joined_are_the_single_file(
    target: Path, source: MemorySource, whole: bytes, volume_size: int
) -> None:
    plan = plan_of(source, STORED, COMPRESSED)
    built = build(plan, Target(target, volume_size))
    description, *volumes = built.paths
    assert b"".join(path.read_bytes() for path in volumes) == whole
    assert {path.stat().st_size for path in volumes[:-1]} <= {volume_size}
    assert built.size == len(whole)
    assert_holds(description, BLOBS)
    assert build(plan, Target(target, volume_size)) == replace(built, already_there=True)


def test_the_same_bundle_is_not_built_again(target: Path, source: MemorySource) -> None:
    plan = plan_of(source, STORED, COMPRESSED)
    built = build(plan, target)
    source.asked.clear()
    assert build(plan, target) == replace(built, already_there=True)
    assert source.asked == []
    assert names(target.parent) == ["out.tar.zst"]


@pytest.mark.parametrize("content", [b"", b"something else" * 1000])
def test_another_file_is_not_written_over(
    target: Path, source: MemorySource, content: bytes
) -> None:
    target.write_bytes(content)
    with pytest.raises(UsageError, match="exists and holds something else"):
        build(plan_of(source, STORED), target)
    assert target.read_bytes() == content
    assert names(target.parent) == ["out.tar.zst"]


def test_another_bundle_is_not_written_over(target: Path, source: MemorySource) -> None:
    build(plan_of(source, STORED[:1]), target)
    before = target.read_bytes()
    with pytest.raises(UsageError, match="exists and holds something else"):
        build(plan_of(source, STORED), target)
    assert target.read_bytes() == before


def test_volumes_are_not_written_beside_one_file(target: Path, source: MemorySource) -> None:
    build(plan_of(source, STORED), target)
    with pytest.raises(UsageError, match="exists and holds something else"):
        build(plan_of(source, STORED), Target(target, 1_000_000))


def test_a_journal_that_outlived_its_publication_is_removed(
    target: Path, source: MemorySource
) -> None:
    plan = plan_of(source, STORED)
    build(plan, target)
    with closing(Journal.open(target)) as journal:
        journal.begin(header_of(plan))
    assert build(plan, target).already_there
    assert names(target.parent) == ["out.tar.zst"]


def test_one_file_is_not_written_beside_volumes(target: Path, source: MemorySource) -> None:
    build(plan_of(source, STORED), Target(target, 1_000_000))
    with pytest.raises(UsageError, match=r"out\.volumes\.json exists"):
        build(plan_of(source, STORED), target)


def test_volumes_of_another_size_are_not_taken_for_those_that_are_asked_for(
    target: Path, source: MemorySource
) -> None:
    plan = plan_of(source, STORED)
    build(plan, Target(target, 1_000_000))
    with pytest.raises(UsageError, match="volumes of 1,000,000 bytes, and not of 700,000"):
        build(plan, Target(target, 700_000))


@pytest.mark.parametrize("volume_size", [0, 1_000_000])
def test_going_on_after_an_error_gives_the_same_bytes(
    target: Path, source: MemorySource, whole: bytes, volume_size: int
) -> None:
    plan = plan_of(source, STORED, COMPRESSED)
    to = Target(target, volume_size)
    for blob, offset in ((STORED[0], FRAME_DATA), (STORED[2], 0), (COMPRESSED[0], FRAME_DATA)):
        break_off(source, blob, offset)
        with pytest.raises(NetworkError):
            build(plan, to, jobs=1)
        assert not to.published.exists()
    repair(source)
    paths = build(plan, to).paths
    volumes = [path for path in paths if path.suffix != ".json"]
    assert b"".join(path.read_bytes() for path in volumes) == whole


def test_an_unfinished_build_of_something_else_is_not_written_over(
    target: Path, source: MemorySource, whole: bytes
) -> None:
    plan = plan_of(source, STORED, COMPRESSED)
    break_off(source, STORED[0], FRAME_DATA)
    with pytest.raises(NetworkError):
        build(plan, target)
    repair(source)
    with pytest.raises(UsageError, match="unfinished build of something else"):
        build(plan_of(source, STORED[:1]), target)
    with pytest.raises(UsageError, match="unfinished build of something else"):
        build(plan, Target(target, 1_000_000))
    build(plan, target)
    assert target.read_bytes() == whole


@pytest.mark.parametrize("name", ["out.tar.zst.part", "out.tar.zst.001", "out.tar.zst.001.part"])
def test_unfinished_files_without_a_journal_are_left_alone(
    target: Path, source: MemorySource, name: str
) -> None:
    target.with_name(name).write_bytes(b"somebody's")
    volume_size = 0 if name == "out.tar.zst.part" else 1_000_000
    with pytest.raises(UsageError, match="without its journal"):
        build(plan_of(source, STORED), Target(target, volume_size))
    assert names(target.parent) == [name]
    assert target.with_name(name).read_bytes() == b"somebody's"


def test_a_deleted_part_file_is_begun_anew(
    target: Path, source: MemorySource, whole: bytes
) -> None:
    plan = plan_of(source, STORED, COMPRESSED)
    break_off(source, COMPRESSED[0], FRAME_DATA)
    with pytest.raises(NetworkError):
        build(plan, target)
    target.with_name("out.tar.zst.part").unlink()
    repair(source)
    build(plan, target)
    assert target.read_bytes() == whole


def test_a_publication_killed_between_two_volumes_is_finished(
    target: Path, source: MemorySource, whole: bytes
) -> None:
    plan = plan_of(source, STORED, COMPRESSED)
    to = Target(target, 5_000_000)
    break_off(source, COMPRESSED[1], 0)
    with pytest.raises(NetworkError):
        build(plan, to)
    target.with_name("out.tar.zst.001.part").rename(target.with_name("out.tar.zst.001"))
    repair(source)
    _, *volumes = build(plan, to).paths
    assert b"".join(path.read_bytes() for path in volumes) == whole
    assert source.starts(STORED[0]) == []


@pytest.mark.parametrize(
    ("path", "why"),
    [("absent/out.tar.zst", "there is no directory"), ("out.tar", "does not end in .tar.zst")],
)
def test_an_impossible_path_is_told_of(
    tmp_path: Path, source: MemorySource, path: str, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        build(plan_of(source, STORED), tmp_path / path)


def test_a_name_that_no_disk_takes_is_told_of(tmp_path: Path, source: MemorySource) -> None:
    with pytest.raises(SpaceError, match="File name too long") as caught:
        build(plan_of(source, STORED), tmp_path / f"{'x' * 300}.tar.zst")
    assert caught.value.remedy == "choose a shorter name"


def test_more_volumes_than_a_process_may_open_are_refused(
    target: Path, source: MemorySource
) -> None:
    with pytest.raises(UsageError, match="more than 900") as caught:
        build(plan_of(source, STORED), Target(target, 1000))
    assert names(target.parent) == []
    (size,) = re.findall(r"--volume-size (\S+) or more", caught.value.remedy)
    build(plan_of(source, STORED), Target(target, parse_size(size)))


_HOLD = """
import sys
from pathlib import Path
from cube_bundle.writing.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_two_builds_of_one_bundle_do_not_mix(target: Path, source: MemorySource) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(UsageError, match="another build is writing"):
            build(plan_of(source, STORED), target)
        other.kill()
    build(plan_of(source, STORED), target)


def test_a_disk_without_room_is_told_of_before_anything_is_fetched(
    tmp_path: Path, source: MemorySource
) -> None:
    with small_disk(tmp_path / "disk", 4 << 20) as disk:
        with pytest.raises(SpaceError, match="more are needed"):
            build(plan_of(source, STORED), disk / "out.tar.zst")
        assert source.asked == []
        assert list(disk.iterdir()) == []


def test_a_disk_that_fills_up_costs_nothing_that_was_written(
    tmp_path: Path, source: MemorySource
) -> None:
    plan = plan_of(source, STORED)
    room = 14 << 20
    with small_disk(tmp_path / "disk", room) as disk:
        target = disk / "out.tar.zst"

        def fill(_digest: Digest, offset: int, piece: bytes) -> bytes:
            if offset == 0 and not (disk / "other").exists():
                (disk / "other").write_bytes(bytes(room - (6 << 20)))
            return piece

        source.on_piece = fill
        with pytest.raises(SpaceError, match="No space left") as caught:
            build(plan, target, jobs=1)
        assert "goes on from here" in caught.value.remedy
        with closing(Journal.open(target)) as journal:
            finished = dict(journal.stored)
        assert finished == {0: {0}}
        (disk / "other").unlink()
        repair(source)
        build(plan, target, jobs=1)
        assert source.starts(STORED[0]) == [FRAME_DATA]
        assert_holds(target, STORED)


def test_a_journal_that_finds_no_room_costs_nothing_that_was_written(
    tmp_path: Path, source: MemorySource
) -> None:
    plan = plan_of(source, STORED)
    with small_disk(tmp_path / "disk", 32 << 20) as disk:
        target = disk / "out.tar.zst"
        break_off(source, STORED[2], 0)
        with pytest.raises(NetworkError):
            build(plan, target, jobs=1)
        repair(source)
        with journal_path(target).open("ab") as journal:  # the next line needs a new page
            journal.write(b"boot x\n" * ((4096 - journal.tell() % 4096) // 7))
        used = 32 << 20
        used -= os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        enlarge(disk, used + 4096)
        with pytest.raises(SpaceError):
            build(plan, target, jobs=1)
        enlarge(disk, 32 << 20)
        source.asked.clear()
        build(plan, target, jobs=1)
        assert source.starts(STORED[0]) == source.starts(STORED[1]) == []
        assert_holds(target, STORED)


def test_a_read_only_disk_is_told_of(tmp_path: Path, source: MemorySource) -> None:
    with small_disk(tmp_path / "disk", 32 << 20) as disk:
        make_read_only(disk)
        with pytest.raises(SpaceError, match="Read-only"):
            build(plan_of(source, STORED), disk / "out.tar.zst")


def test_a_finished_bundle_on_a_read_only_disk_is_still_there(
    tmp_path: Path, source: MemorySource
) -> None:
    plan = plan_of(source, STORED)
    with small_disk(tmp_path / "disk", 32 << 20) as disk:
        build(plan, disk / "out.tar.zst")
        make_read_only(disk)
        assert build(plan, disk / "out.tar.zst").already_there


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_system_with_small_files_is_told_of_and_takes_volumes(
    target: Path, source: MemorySource, whole: bytes
) -> None:
    plan = plan_of(source, STORED, COMPRESSED)
    with _largest_file(6 << 20):
        with pytest.raises(SpaceError, match="File too large") as caught:
            build(plan, target)
        assert "--volume-size" in caught.value.remedy
        other = target.with_name("volumes.tar.zst")
        _, *volumes = build(plan, Target(other, 5 << 20)).paths
    assert b"".join(path.read_bytes() for path in volumes) == whole


def test_blobs_of_any_size_within_a_tar_block_are_read_from_file_and_pipe(tmp_path: Path) -> None:
    # 508 of 512 bytes once could not be read: padding of 4 is as long as its block.
    blobs = [noise(1024 + rest, seed=rest) for rest in range(512)]
    target = tmp_path / "out.tar.zst"
    build(plan_of(MemorySource(blobs), blobs), target)
    assert_holds(target, blobs)
    with target.open("rb") as pipe, Bundle.stream(pipe) as bundle:
        for blob in bundle.catalogue.blobs:
            assert blob.digest.matches(b"".join(bundle.read_blob(blob.descriptor)))
