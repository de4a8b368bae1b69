"""The unfinished bundle: one file or volumes hold the same bytes, and publishing loses none."""

from __future__ import annotations

import errno
import os
import resource
from contextlib import closing, contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.bundle_file import BundleFile
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, SpaceError
from cube_airgap.volumes import VolumeSet
from cube_bundle.writing.part_file import PartFile
from tests.support.memory_source import noise
from tests.support.small_disk import make_read_only, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

BUNDLE = Digest.of(b"bundle")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.tar.zst"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_nothing_is_there_before_the_first_write(target: Path) -> None:
    with closing(PartFile(target, 0)) as part:
        assert not part.exists()
        assert part.allocated() == 0
    assert names(target.parent) == []


def test_writes_go_to_a_part_file_until_it_is_published(target: Path) -> None:
    with closing(PartFile(target, 0)) as part:
        part.pwrite([b"world"], 6)
        part.pwrite([b"hel", b"lo ", memoryview(b"")], 0)
        assert names(target.parent) == ["out.tar.zst.part"]
        assert part.pread(11, 0) == b"hello world"
        assert part.exists()
        assert part.publish(11, BUNDLE) == (target,)
    assert target.read_bytes() == b"hello world"
    assert names(target.parent) == ["out.tar.zst"]


def test_publishing_cuts_off_what_an_earlier_try_wrote_behind(target: Path) -> None:
    with closing(PartFile(target, 0)) as part:
        part.pwrite([b"hello world"], 0)
        part.publish(5, BUNDLE)
    assert target.read_bytes() == b"hello"


def test_a_write_across_volumes_is_cut(target: Path) -> None:
    with closing(PartFile(target, 4)) as part:
        part.pwrite([b"abc", b"defghi", b"jk"], 1)
        part.pwrite([b"_"], 0)
        assert part.pread(12, 0) == b"_abcdefghijk"
        paths = part.publish(12, BUNDLE)
    assert [path.name for path in paths] == [
        "out.volumes.json",
        "out.tar.zst.001",
        "out.tar.zst.002",
        "out.tar.zst.003",
    ]
    assert b"".join(path.read_bytes() for path in paths[1:]) == b"_abcdefghijk"


def test_the_volumes_are_described_with_their_digests(target: Path) -> None:
    with closing(PartFile(target, 4)) as part:
        part.pwrite([b"abcdefghij"], 0)
        description, *volumes = part.publish(10, BUNDLE)
    found = VolumeSet.read(description)
    assert found.bundle == BUNDLE
    assert [(one.name, one.size, one.digest) for one in found.volumes] == [
        (path.name, len(data := path.read_bytes()), Digest.of(data)) for path in volumes
    ]


def test_a_bundle_that_fills_its_volumes_has_no_empty_one(target: Path) -> None:
    with closing(PartFile(target, 4)) as part:
        part.pwrite([b"abcdefgh"], 0)
        assert len(part.publish(8, BUNDLE)) == 3


@given(
    st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=5), min_size=1, max_size=12),
    st.integers(1, 50),
    st.randoms(use_true_random=False),
)
def test_volumes_joined_are_the_single_file(
    tmp_path_factory: pytest.TempPathFactory,
    writes: list[list[bytes]],
    volume_size: int,
    order: Random,
) -> None:
    directory = tmp_path_factory.mktemp("volumes")
    writes = [[b"never empty"], *writes]
    offsets = [*accumulate((sum(map(len, buffers)) for buffers in writes), initial=0)]
    shuffled = list(zip(writes, offsets, strict=False))
    order.shuffle(shuffled)
    data = b"".join(b"".join(buffers) for buffers in writes)
    for name, size in (("one", 0), ("many", volume_size)):
        with closing(PartFile(directory / f"{name}.tar.zst", size)) as part:
            for buffers, offset in shuffled:
                part.pwrite(buffers, offset)
            assert part.pread(len(data), 0) == data
            part.publish(len(data), BUNDLE)
    with BundleFile(directory / "many.volumes.json") as many:
        assert many.pread(len(data), 0) == data
    assert (directory / "one.tar.zst").read_bytes() == data


def test_more_buffers_than_the_system_takes_at_once_are_written(target: Path) -> None:
    buffers = [bytes([number % 256]) for number in range(5000)]
    with closing(PartFile(target, 0)) as part:
        part.pwrite(buffers, 3)
        assert part.pread(5000, 3) == b"".join(buffers)


def test_what_was_not_written_reads_short(target: Path) -> None:
    for size in (0, 4):
        with closing(PartFile(target, size)) as part:
            part.pwrite([b"abc"], 0)
            assert part.pread(100, 0) == b"abc"


def test_an_interrupted_publication_is_taken_back(target: Path) -> None:
    with closing(PartFile(target, 4)) as part:
        part.pwrite([b"abcdefghij"], 0)
    target.with_name("out.tar.zst.001.part").rename(target.with_name("out.tar.zst.001"))
    with closing(PartFile(target, 4)) as part:
        assert part.exists()
        part.take_back()
        assert names(target.parent) == [f"out.tar.zst.00{number}.part" for number in (1, 2, 3)]
        assert part.pread(10, 0) == b"abcdefghij"


def test_a_whole_publication_without_description_is_taken_back(target: Path) -> None:
    with closing(PartFile(target, 4)) as part:
        part.pwrite([b"abcdefghij"], 0)
        description, *_ = part.publish(10, BUNDLE)
    description.unlink()
    with closing(PartFile(target, 4)) as part:
        part.take_back()
        assert part.pread(10, 0) == b"abcdefghij"


def test_allocated_bytes_are_this_bundles_own(target: Path) -> None:
    for size in (0, 1 << 20):
        path = target.with_name(f"[{size}].tar.zst")  # a name that is a pattern elsewhere
        path.with_name(path.name + ".other.part").write_bytes(bytes(4 << 20))
        with closing(PartFile(path, size)) as part:
            part.pwrite([noise(3 << 20, 1)], 0)
            assert 3 << 20 <= part.allocated() < 4 << 20


def test_a_full_disk_is_told_of(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "disk", 1 << 20) as disk,
        closing(PartFile(disk / "out.tar.zst", 0)) as part,
    ):
        with pytest.raises(SpaceError, match="No space left") as caught:
            part.pwrite([noise(900_000, 1), noise(900_000, 2)], 0)
        assert "goes on from here" in caught.value.remedy


def test_a_read_only_disk_is_told_of(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        make_read_only(disk)
        with (
            closing(PartFile(disk / "out.tar.zst", 0)) as part,
            pytest.raises(SpaceError, match="Read-only") as caught,
        ):
            part.pwrite([b"data"], 0)
    assert "another path" in caught.value.remedy


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_too_large_for_its_file_system_is_told_of(target: Path) -> None:
    with (
        closing(PartFile(target, 0)) as part,
        _largest_file(1 << 20),
        pytest.raises(SpaceError, match="File too large") as caught,
    ):
        part.pwrite([noise(2 << 20, 1)], 0)
    assert "--volume-size" in caught.value.remedy


def test_volumes_fit_where_one_file_does_not(target: Path) -> None:
    data = noise(2 << 20, 1)
    with closing(PartFile(target, 1 << 19)) as part, _largest_file(1 << 20):
        part.pwrite([data], 0)
        assert part.pread(len(data), 0) == data


def test_what_the_disk_does_not_give_back_is_damaged(target: Path) -> None:
    target.with_name("out.tar.zst.part").mkdir()
    with (
        closing(PartFile(target, 0)) as part,
        pytest.raises(IntegrityError, match="cannot be read"),
    ):
        part.pread(1, 0)


def test_a_file_system_that_takes_no_hints_is_good_enough(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints: list[int] = []

    def refuse(_file: int, offset: int, _size: int, _advice: int) -> None:
        hints.append(offset)
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "posix_fadvise", refuse)
    data = noise(2 << 20, 1)
    with closing(PartFile(target, 0)) as part:
        part.pwrite([b"small"], 0)
        part.pwrite([data], 5)
        assert part.pread(len(data), 5) == data
    assert hints == [5]


@pytest.mark.parametrize(("volume_size", "name"), [(0, ".part"), (10, ".001.part")])
def test_a_link_in_its_place_is_not_followed(target: Path, volume_size: int, name: str) -> None:
    precious = target.with_name("precious")
    precious.write_text("kept")
    target.with_name(target.name + name).symlink_to(precious)
    with (
        closing(PartFile(target, volume_size)) as part,
        pytest.raises(SpaceError, match="symbolic links"),
    ):
        part.pwrite([b"one"], 0)
    assert precious.read_text() == "kept"
