"""Which blobs were found right or damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_install.serve.proofs import Proofs

if TYPE_CHECKING:
    from collections.abc import Generator

DATA = [b"one", b"two", b"three"]
BLOB = Descriptor("layer", Digest.of(b"".join(DATA)), 11)


def pieces(data: list[bytes] = DATA) -> Generator[bytes, None, None]:
    yield from data


def test_a_right_blob_comes_through_whole() -> None:
    assert list(Proofs().proven(BLOB, pieces())) == DATA


def test_an_empty_blob_is_right() -> None:
    empty = Descriptor("layer", Digest.of(b""), 0)
    assert b"".join(Proofs().proven(empty, pieces([]))) == b""


def test_of_a_damaged_blob_the_last_piece_is_held_back() -> None:
    proofs = Proofs()
    got: list[bytes] = []
    with pytest.raises(IntegrityError, match="is damaged in the bundle"):
        got.extend(proofs.proven(BLOB, pieces([b"one", b"twO", b"three"])))
    assert got == [b"one", b"twO"]
    with pytest.raises(IntegrityError, match="is damaged in the bundle"):
        proofs.check(BLOB.digest)


def test_nothing_is_said_of_a_blob_that_nobody_has_read() -> None:
    Proofs().check(BLOB.digest)


def test_a_blob_that_was_right_once_is_not_hashed_again() -> None:
    proofs = Proofs()
    list(proofs.proven(BLOB, pieces()))
    assert list(proofs.proven(BLOB, pieces([b"other"]))) == [b"other"]


def test_while_one_reader_checks_another_does_not() -> None:
    proofs = Proofs()
    first = proofs.proven(BLOB, pieces())
    next(first)
    assert list(proofs.proven(BLOB, pieces([b"other"]))) == [b"other"]
    assert list(first) == DATA[1:]


def test_a_check_that_was_broken_off_is_made_by_the_next_reader() -> None:
    proofs = Proofs()
    first = proofs.proven(BLOB, pieces())
    next(first)
    first.close()
    with pytest.raises(IntegrityError):
        list(proofs.proven(BLOB, pieces([b"other"])))


def test_a_reader_that_leaves_closes_the_blob() -> None:
    source = pieces()
    reader = Proofs().proven(BLOB, source)
    next(reader)
    reader.close()
    assert list(source) == []
