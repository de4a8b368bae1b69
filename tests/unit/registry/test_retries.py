"""What is tried again, how often, and after what wait."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from cube_airgap.errors import NetworkError
from cube_airgap.registry.access import Patience
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.retries import Attempts, Retries, retry_after


class RecordingRetries(Retries):
    """Writes down the waits in the place of waiting."""

    def __init__(self, patience: Patience) -> None:
        super().__init__(patience)
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return True


def fault(wait: float | None = None) -> TemporaryFault:
    return TemporaryFault(NetworkError("broken", remedy="wait"), wait=wait)


def failing(times: int, one: TemporaryFault) -> Retries:
    """Retries after an operation that failed so many times before it did well."""
    retries = RecordingRetries(Patience(tries=5, first_wait=1, longest_wait=20))
    left = iter([one] * times)

    def operation() -> str:
        if trouble := next(left, None):
            raise trouble
        return "done"

    assert retries.run(operation) == "done"
    return retries


def test_waits_grow_and_differ() -> None:
    retries = failing(4, fault())
    assert isinstance(retries, RecordingRetries)
    for wait, most in zip(retries.waits, (1, 2, 4, 8), strict=True):
        assert most / 2 <= wait <= most


def test_the_host_s_own_wait_is_kept() -> None:
    retries = failing(1, fault(wait=7))
    assert isinstance(retries, RecordingRetries)
    assert retries.waits == [7]


def test_no_wait_is_longer_than_the_user_has_patience() -> None:
    retries = failing(1, fault(wait=3600))
    assert isinstance(retries, RecordingRetries)
    assert retries.waits == [20]


def test_the_last_try_raises_the_error() -> None:
    with pytest.raises(NetworkError, match="broken"):
        failing(5, fault())


def test_progress_makes_the_next_fault_the_first() -> None:
    attempts = Attempts(RecordingRetries(Patience(tries=2)))
    for _ in range(10):
        attempts.failed(fault())
        attempts.progressed()


def test_nothing_is_waited_for_after_stop() -> None:
    retries = Retries(Patience(first_wait=1000, longest_wait=1000))
    retries.stop()
    with pytest.raises(NetworkError):
        Attempts(retries).failed(fault())


def test_other_errors_are_not_tried_again() -> None:
    calls: list[int] = []

    def operation() -> None:
        calls.append(1)
        raise NetworkError("for good", remedy="none")

    with pytest.raises(NetworkError):
        RecordingRetries(Patience()).run(operation)
    assert calls == [1]


def test_retry_after_in_seconds() -> None:
    assert retry_after(" 120 ") == 120


def test_retry_after_as_a_date() -> None:
    wait = retry_after(formatdate(time.time() + 3600, usegmt=True))
    assert wait is not None
    assert 3000 < wait <= 3600


def test_retry_after_in_the_past_is_no_wait() -> None:
    assert retry_after(formatdate(0, usegmt=True)) == 0


@pytest.mark.parametrize("text", ["", "soon", "-5", "١٢", "1.5"])
def test_retry_after_that_says_nothing(text: str) -> None:
    assert retry_after(text) is None
