"""Frames go to their final offsets, and a bundle is published whole."""

from __future__ import annotations

import errno
import os
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle_layout import BundleLayout
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, SpaceError
from cube_airgap.zstd_frames import FRAME_DATA, LARGE_LEVEL, compress
from cube_bundle.writing.bundle_writer import BundleWriter, TailPosition
from cube_bundle.writing.journal import Journal
from cube_bundle.writing.part_file import PartFile
from tests.support.made_plan import assert_holds, header_of, plan_of
from tests.support.memory_source import MemorySource, noise, prose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORED = noise(FRAME_DATA + 5, 1)
TAIL = [prose(FRAME_DATA + 5, 2), b"", prose(7, 3)]
PLAN = plan_of(MemorySource([STORED, *TAIL]), [STORED], TAIL)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.tar.zst"


@contextmanager
def writing(target: Path) -> Iterator[BundleWriter]:
    with closing(Journal.open(target)) as journal, closing(PartFile(target, 0)) as part:
        journal.begin(header_of(PLAN))
        yield BundleWriter(PLAN.layout, part, journal)


def write_stored(writer: BundleWriter) -> None:
    for frame in (1, 0):
        writer.write_stored(0, frame, [STORED[frame * FRAME_DATA : (frame + 1) * FRAME_DATA]])


def write_tail(writer: BundleWriter, first: int = 0) -> None:
    contents = [
        b"".join(
            (
                member.header(frame),
                TAIL[index][frame * FRAME_DATA : (frame + 1) * FRAME_DATA],
                bytes(member.padding(frame)),
            )
        )
        for index, member in enumerate(PLAN.layout.tail)
        for frame in range(member.frame_count)
    ]
    for content in contents[first:]:
        writer.write_compressed(compress(content, LARGE_LEVEL))


def test_frames_written_in_any_order_make_the_bundle(target: Path) -> None:
    with writing(target) as writer:
        write_tail(writer)
        write_stored(writer)
        assert writer.finish(PLAN.catalogue.digest) == (target,)
    assert_holds(target, [STORED, *TAIL])


def test_written_frames_are_read_back(target: Path) -> None:
    with writing(target) as writer:
        write_stored(writer)
        write_tail(writer)
        assert writer.read_stored(0, 0) + writer.read_stored(0, 1) == STORED
        assert writer.read_compressed(0, 1) == TAIL[0][FRAME_DATA:]
        assert writer.read_compressed(1, 0) == b""
        assert writer.read_compressed(2, 0) == TAIL[2]


def test_the_next_compressed_frame_is_known_after_each(target: Path) -> None:
    with writing(target) as writer:
        assert writer.tail_position == TailPosition(0, 0)
        frame = compress(b"x", LARGE_LEVEL)
        positions = []
        for _ in range(4):
            writer.write_compressed(frame)
            positions.append(writer.tail_position)
    expected = [(0, 1), (1, 0), (2, 0), (3, 0)]
    assert positions == [TailPosition(*one) for one in expected]
    with writing(target) as again:
        assert again.tail_position == TailPosition(3, 0)


def test_a_member_begun_anew_is_written_over(target: Path) -> None:
    with writing(target) as writer:
        write_stored(writer)
        writer.write_compressed(compress(b"wrong", LARGE_LEVEL))
        writer.restart_compressed(0)
        write_tail(writer)
        writer.restart_compressed(1)
        write_tail(writer, 2)
        writer.finish(PLAN.catalogue.digest)
    assert_holds(target, [STORED, *TAIL])


@pytest.mark.parametrize("place", [2, 40, 1000, -1])
def test_a_damaged_frame_does_not_read_back(target: Path, place: int) -> None:
    with writing(target) as writer:
        write_stored(writer)
        member = writer.layout.stored[0]
        offset = member.frame_offset(1) + place % member.frame_size(1)
        right = writer.part.pread(1, offset)
        writer.part.pwrite([bytes([right[0] ^ 1])], offset)
        frame = slice(FRAME_DATA, None)
        with suppress(IntegrityError):
            assert writer.read_stored(0, 1) != STORED[frame]  # the digest is what tells


def test_a_frame_that_was_never_written_does_not_read_back(target: Path) -> None:
    with writing(target) as writer, pytest.raises(IntegrityError):
        writer.read_stored(0, 1)


def test_after_a_failed_sync_nothing_counts_as_verified(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with writing(target) as writer:
        write_stored(writer)
        write_tail(writer)
        writer.journal.blob_verified(Digest.of(STORED))
        monkeypatch.setattr(os, "fsync", failing)
        with pytest.raises(SpaceError, match="Input/output error"):
            writer.finish(PLAN.catalogue.digest)
    assert not target.exists()
    with writing(target) as again:
        assert again.journal.verified == set()
        assert again.has_stored(0, 0)


def test_a_layout_is_a_pure_function_of_the_catalogue() -> None:
    again = BundleLayout.of(PLAN.catalogue, PLAN.small)
    assert again.fingerprint == PLAN.layout.fingerprint
    assert again == PLAN.layout
