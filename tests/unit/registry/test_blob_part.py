"""Parts of a blob as request bodies."""

from __future__ import annotations

import pytest

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.registry.blob_part import BlobPart
from tests.support.memory_source import MemorySource, noise

DATA = noise(3_000_000, 1)
BLOB = Descriptor("application/x", Digest.of(DATA), len(DATA))


def whole(source: MemorySource, positions: list[int] | None = None) -> BlobPart:
    told = positions if positions is not None else []
    return BlobPart(source, BLOB, told.append)


def test_all_of_it_is_given_out_in_small_pieces() -> None:
    pieces = list(whole(MemorySource([DATA])))
    assert b"".join(pieces) == DATA
    assert max(map(len, pieces)) == 64 << 10


def test_it_can_be_given_out_again() -> None:
    part = whole(MemorySource([DATA]))
    next(iter(part))
    assert b"".join(part) == b"".join(part) == DATA


def test_parts_one_after_the_other_are_the_blob() -> None:
    left, parts = whole(MemorySource([DATA])), []
    while len(left):
        part = left.first(700_001)
        parts.append(b"".join(part))
        assert (len(part), len(parts[-1])) == (part.end - part.start, part.end - part.start)
        left = left.rest(part)
    assert b"".join(parts) == DATA
    assert len(parts) == 5


def test_only_what_is_in_the_part_is_read() -> None:
    source = MemorySource([DATA])
    part = whole(source).first(1000)
    list(part)
    assert [(one.start, one.end) for one in source.asked] == [(0, 1000)]


def test_a_part_may_be_given_out_again_before_the_next_one() -> None:
    part = whole(MemorySource([DATA])).first(1_000_000)
    list(part)
    list(part)
    rest = whole(MemorySource([DATA])).first(1_000_000)
    list(rest)
    assert part.hasher.hexdigest() == rest.hasher.hexdigest()


@pytest.mark.parametrize("length", [3_000_000, 700_000])
def test_the_last_bytes_of_a_damaged_blob_are_kept_back(length: int) -> None:
    source = MemorySource([DATA])
    source.on_piece = lambda _digest, offset, piece: piece if offset else b"?" + piece[1:]
    given = 0
    left = whole(source)
    with pytest.raises(IntegrityError, match="do not have its digest"):  # noqa: PT012
        while len(left):
            part = left.first(length)
            for piece in part:
                given += len(piece)
            left = left.rest(part)
    assert given < len(DATA)


def test_a_blob_that_ends_early_is_told() -> None:
    source = MemorySource([DATA])
    source.on_piece = lambda _digest, _offset, piece: piece[:10]
    with pytest.raises(IntegrityError, match="it ends after"):
        list(whole(source))


def test_positions_are_told_as_it_goes_and_from_the_start_when_it_begins_anew() -> None:
    positions: list[int] = []
    part = whole(MemorySource([DATA]), positions)
    list(part)
    list(part)
    assert positions.count(0) == 2
    assert positions[-1] == len(DATA)
    middle = positions.index(0, 1)
    assert positions[:middle] == sorted(positions[:middle])


def test_an_empty_blob_has_no_bytes() -> None:
    blob = Descriptor("application/x", Digest.of(b""), 0)
    part = BlobPart(MemorySource([b""]), blob, lambda _position: None)
    assert (len(part), list(part)) == (0, [])
