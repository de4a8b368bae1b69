"""Cutting a stream into parts of wanted sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.errors import IntegrityError
from cube_bundle.writing.pieces import regroup


def joined(groups: list[list[memoryview]]) -> list[bytes]:
    return [b"".join(group) for group in groups]


@given(st.lists(st.binary(max_size=9)), st.lists(st.integers(0, 12)))
def test_each_group_has_its_size_and_nothing_is_lost(pieces: list[bytes], sizes: list[int]) -> None:
    data = b"".join(pieces)
    fitting: list[int] = []
    for size in sizes:
        if sum(fitting) + size <= len(data):
            fitting.append(size)
    groups = joined(list(regroup(iter(pieces), fitting)))
    assert [len(group) for group in groups] == fitting
    assert b"".join(groups) == data[: sum(fitting)]


def test_pieces_are_not_copied() -> None:
    pieces = [b"abcd", b"efgh"]
    (first, second) = regroup(iter(pieces), [6, 2])
    assert [view.obj for view in first] == pieces
    assert second[0].obj is pieces[1]


def test_an_early_end_is_told_of() -> None:
    groups = regroup(iter([b"abc", b"", b"d"]), [2, 4])
    assert joined([next(groups)]) == [b"ab"]
    with pytest.raises(IntegrityError, match="at least 2 bytes early"):
        next(groups)


def test_what_follows_the_last_group_is_not_read() -> None:
    stream = iter([b"ab", b"cd"])
    assert joined(list(regroup(stream, [2]))) == [b"ab"]
    assert next(stream) == b"cd"
