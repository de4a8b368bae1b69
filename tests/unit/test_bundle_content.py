from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cube_airgap.bundle_content import FileContent, KeptContent, PipeContent
from cube_airgap.bundle_file import BundleFile
from cube_airgap.errors import IntegrityError, UsageError
from tests.support.bundle_factory import Frame, bundle_file, compressed, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAR = bytes(number % 251 for number in range(5000))
CUTS = [0, 700, 701, 3000, 5000]
FRAMES = [
    compressed(TAR[0:700]),
    stored(b"", TAR[700:701], 0),
    compressed(TAR[701:3000]),
    stored(b"", TAR[3000:5000], 0),
]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileContent]:
    path = tmp_path_factory.mktemp("content") / "b.tar.zst"
    path.write_bytes(bundle_file(FRAMES))
    with BundleFile(path) as file:
        yield FileContent(file)


def pipe() -> PipeContent:
    return PipeContent(io.BytesIO(bundle_file(FRAMES)))


RANGES = st.tuples(st.integers(0, 5000), st.integers(0, 5000))


@settings(deadline=None)
@given(RANGES)
def test_any_range_of_a_file_is_had(content: FileContent, wanted: tuple[int, int]) -> None:
    start, end = sorted(wanted)

    assert b"".join(content.pieces(start, end - start)) == TAR[start:end]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5000), max_size=8))
def test_ranges_in_order_are_had_from_a_pipe(ends: list[int]) -> None:
    content = pipe()
    ends.sort()
    for start, end in zip(ends[0::2], ends[1::2], strict=False):
        assert b"".join(content.pieces(start, end - start)) == TAR[start:end]


def test_a_file_that_is_no_bundle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_bytes(b"version: 1" * 9)
    with (
        BundleFile(path) as file,
        pytest.raises(IntegrityError, match=r"list\.yaml: this is not a whole bundle"),
    ):
        FileContent(file)


def test_threads_read_at_once_and_each_gets_its_own(content: FileContent) -> None:
    def read(start: int) -> bool:
        return b"".join(content.pieces(start, 900)) == TAR[start : start + 900]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, [*range(0, 4000, 13)] * 4))


def test_few_frames_are_kept_and_small_reads_share_them(tmp_path: Path) -> None:
    frames = [compressed(bytes([number]) * 1000) for number in range(20)]
    path = tmp_path / "b.tar.zst"
    path.write_bytes(bundle_file(frames))
    with BundleFile(path) as file:
        content = FileContent(file)
        for number in range(20):
            assert b"".join(content.pieces(number * 1000 + 5, 7)) == bytes([number]) * 7
        assert len(content._kept) <= 4


def test_what_lies_behind_the_end_is_missing(content: FileContent) -> None:
    for one in (content, pipe()):
        with pytest.raises(IntegrityError, match="is missing"):
            list(one.pieces(4999, 2))


def test_nothing_is_had_anywhere(content: FileContent) -> None:
    assert list(content.pieces(5000, 0)) == []
    assert list(pipe().pieces(9999, 0)) == []


def test_the_end_is_known(content: FileContent) -> None:
    for one in (content, pipe()):
        assert not one.ends_at(4999)
        assert one.ends_at(5000)


def test_a_pipe_goes_back_within_a_frame_only() -> None:
    content = pipe()
    assert b"".join(content.pieces(800, 10)) == TAR[800:810]

    assert b"".join(content.pieces(701, 10)) == TAR[701:711]
    with pytest.raises(UsageError, match="in order only"):
        list(content.pieces(600, 10))


def test_a_pipe_that_broke_stays_broken() -> None:
    checksum = FRAMES[2].encoded[-1] ^ 1
    broken = Frame(FRAMES[2].encoded[:-1] + bytes([checksum]), FRAMES[2].content_size)
    content = PipeContent(io.BytesIO(bundle_file([*FRAMES[:2], broken, FRAMES[3]])))

    for _ in range(2):
        with pytest.raises(IntegrityError, match="a frame of the bundle"):
            list(content.pieces(3500, 1))
    assert b"".join(content.pieces(700, 1)) == TAR[700:701]


@given(st.lists(RANGES, max_size=6), st.lists(RANGES, max_size=6))
def test_what_is_kept_of_a_pipe_can_be_had_again(
    kept: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    content = KeptContent(io.BytesIO(bundle_file(FRAMES)))
    assert b"".join(content.pieces(0, 10)) == TAR[:10]
    content.keep_only([(min(one), max(one)) for one in kept])
    assert b"".join(content.pieces(4000, 10)) == TAR[4000:4010]
    held = [
        (start, end)
        for start, end in pairwise(CUTS)
        if end == 5000 or any(min(one) < end and start < max(one) for one in kept)
    ]
    for one in wanted:
        start, end = sorted(one)
        needed = [cut for cut in pairwise(CUTS) if cut[0] < end > start < cut[1]]
        if set(needed) <= set(held):
            assert b"".join(content.pieces(start, end - start)) == TAR[start:end]
        else:
            with pytest.raises(UsageError):
                list(content.pieces(start, end - start))
