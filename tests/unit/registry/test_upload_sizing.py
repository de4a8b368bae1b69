"""How much goes into one request."""

from __future__ import annotations

from cube_airgap.registry.upload_sizing import UploadSizing

MIB = 1 << 20


def test_nothing_is_limited_at_first() -> None:
    assert UploadSizing().limit is None


def test_each_refusal_makes_requests_smaller() -> None:
    sizing = UploadSizing()
    limits = []
    refused = 900 * MIB
    while sizing.shrink(refused):
        assert sizing.limit is not None
        refused = sizing.limit
        limits.append(refused)
    assert limits == [64 * MIB, 16 * MIB, 4 * MIB, 1_000_000]


def test_a_small_refused_request_goes_below_its_own_size_at_once() -> None:
    sizing = UploadSizing()
    assert sizing.shrink(5 * MIB)
    assert sizing.limit == 4 * MIB


def test_what_another_thread_learnt_is_not_learnt_twice() -> None:
    sizing = UploadSizing()
    assert sizing.shrink(900 * MIB)
    assert sizing.shrink(900 * MIB)
    assert sizing.limit == 64 * MIB


def test_less_than_the_least_cannot_be_sent() -> None:
    assert not UploadSizing().shrink(1_000_000)
