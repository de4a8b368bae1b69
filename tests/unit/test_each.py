"""The same work for many items, in threads."""

from __future__ import annotations

import threading

import pytest

from cube_airgap.each import each
from cube_airgap.errors import MissingError, SeveralErrors


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
