from __future__ import annotations

import threading

import pytest

from cube_airgap.errors import NetworkError
from cube_install.kubernetes.patience import PassingFault, Patience, Retries

AWAY = NetworkError("it is away", remedy="wait")
QUICK = Patience(first_wait=0.001, longest_wait=0.002)


class Failing:
    """Fails for the first `times` calls."""

    def __init__(self, times: int, *, patience: float = 5.0, wait: float | None = None) -> None:
        self.times = times
        self.calls = 0
        self._fault = PassingFault(AWAY, patience=patience, wait=wait)

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise self._fault
        return self.calls


def test_what_passes_is_tried_again() -> None:
    assert Retries(QUICK).run(Failing(5)) == 6


def test_what_does_not_pass_is_told_as_it_is() -> None:
    with pytest.raises(NetworkError) as caught:
        Retries(QUICK).run(Failing(10**9, patience=0.05))

    assert caught.value is AWAY


def test_without_patience_nothing_is_tried_again() -> None:
    failing = Failing(1, patience=0.0)

    with pytest.raises(NetworkError):
        Retries(QUICK).run(failing)

    assert failing.calls == 1


def test_a_server_that_asks_for_more_than_there_is_patience_is_not_waited_for() -> None:
    failing = Failing(1, patience=5.0, wait=600.0)

    with pytest.raises(NetworkError):
        Retries(QUICK).run(failing)

    assert failing.calls == 1


def test_other_errors_are_not_tried_again() -> None:
    def fail() -> None:
        raise AWAY

    with pytest.raises(NetworkError):
        Retries(QUICK).run(fail)


def test_a_wait_ends_when_it_is_stopped() -> None:
    retries = Retries(Patience())
    failing = Failing(1, patience=600.0, wait=300.0)
    ended: list[BaseException] = []

    def work() -> None:
        with pytest.raises(NetworkError) as caught:
            retries.run(failing)
        ended.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    retries.stop()
    thread.join(10)

    assert ended == [AWAY]


def test_no_patience_is_longer_than_the_shortest_of_both() -> None:
    patience = Patience(outage=60, webhook=1, served=15).at_most(5)

    assert (patience.outage, patience.webhook, patience.served) == (5, 1, 5)
    assert patience.read == 15
