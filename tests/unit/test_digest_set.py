"""A set in few bits: it has all that was put in, and errs as seldom as it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.digest import Digest
from cube_airgap.digest_set import DigestSet

SALT = b"salt"


def digests(count: int, start: int = 0) -> list[Digest]:
    return [Digest.of(str(number).encode()) for number in range(start, start + count)]


@given(st.integers(0, 300), st.integers(8, 48), st.binary(min_size=1, max_size=8))
def test_what_is_decoded_has_all_that_was_put_in(count: int, bits: int, salt: bytes) -> None:
    made = DigestSet.of(digests(count), bits, salt)
    found = DigestSet.decode(made.encode(), count, bits, salt)
    assert found == made
    assert all(found.has(one) for one in digests(count))


def test_strange_digests_are_taken_for_its_own_as_seldom_as_it_says() -> None:
    one = DigestSet.of(digests(2_000), 8, SALT)
    wrong = sum(one.has(strange) for strange in digests(20_000, start=10_000))
    assert 35 < wrong < 125  # 78 are expected, with a deviation of 9


def test_another_salt_errs_elsewhere() -> None:
    strange = digests(20_000, start=10_000)
    sets = [DigestSet.of(digests(200), 8, salt) for salt in (b"one", b"two")]
    wrong = [{each for each in strange if one.has(each)} for one in sets]
    assert min(map(len, wrong)) > 20
    assert len(wrong[0] & wrong[1]) < 10


def test_ten_thousand_take_less_than_forty_kilobytes() -> None:
    assert len(DigestSet.of(digests(10_000), 28, SALT).encode()) < 37_200


@pytest.mark.parametrize(
    ("raw", "count", "bits"),
    [
        (b"\x00", 1, 7),
        (b"\x00", 1, 49),
        (b"\x00", -1, 8),
        (b"\x00\x00", 1, 16),  # cut inside a number
        (b"\x00" * 20, 1, 8),  # more numbers than digests
        (b"\xff", 3, 8),  # and fewer
    ],
)
def test_bytes_that_are_no_such_set_are_refused(raw: bytes, count: int, bits: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        DigestSet.decode(raw, count, bits, SALT)
