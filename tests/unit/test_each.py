"""The same work for many items, in threads."""

from __future__ import annotations

import threading

import pytest

from cube_airgap.each import each, each_shown
from cube_airgap.errors import MissingError, SeveralErrors
from tests.support.noting_progress import NotingProgress


def test_results_come_in_the_order_of_the_items() -> None:
    gate = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert gate.wait(10)
        else:
            gate.set()
        return number * number

    assert each([0, 1, 2], work, 2) == (0, 1, 4)


def test_no_items_need_no_thread() -> None:
    assert each([], str, 4) == ()


def test_every_failure_is_told_in_the_order_of_the_items() -> None:
    def work(number: int) -> int:
        if number % 2:
            raise MissingError(f"no {number}", remedy="none")
        return number

    with pytest.raises(SeveralErrors) as caught:
        each([0, 1, 2, 3], work, 2)
    assert [error.what for error in caught.value.errors] == ["no 1", "no 3"]


def test_a_bug_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        each([1, 0], lambda number: 1 // number, 2)


def test_progress_is_told_of_each_that_is_done() -> None:
    progress = NotingProgress()

    assert each_shown([1, 2], lambda one: 2 * one, 3, progress) == (2, 4)

    assert (progress.total_items, sorted(progress.items)) == (2, ["1", "2"])
