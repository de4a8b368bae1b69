from __future__ import annotations

import pytest

from cube_airgap.errors import (
    AirgapError,
    IntegrityError,
    MissingError,
    NetworkError,
    SeveralErrors,
    SpaceError,
    UsageError,
    collected_in,
    exit_code_of,
    raise_all,
)

GONE = MissingError("a is not there", remedy="name another")
DAMAGED = IntegrityError("b is damaged", remedy="carry it again")


def test_an_error_says_what_happened_and_keeps_its_remedy_apart() -> None:
    assert str(GONE) == "a is not there"
    assert GONE.remedy == "name another"


def test_each_kind_has_an_exit_code_of_its_own() -> None:
    kinds: list[type[AirgapError]] = [
        AirgapError,
        UsageError,
        NetworkError,
        MissingError,
        IntegrityError,
        SpaceError,
    ]

    assert len({kind.exit_code for kind in kinds}) == len(kinds)
    assert 0 not in {kind.exit_code for kind in kinds}


def test_no_error_raises_nothing() -> None:
    raise_all([])


def test_one_error_is_raised_as_it_is() -> None:
    with pytest.raises(MissingError) as caught:
        raise_all([GONE])
    assert caught.value is GONE


def test_several_are_raised_as_one_with_the_first_ones_exit_code() -> None:
    with pytest.raises(SeveralErrors, match="2 things failed") as caught:
        raise_all([DAMAGED, GONE])
    assert caught.value.errors == (DAMAGED, GONE)
    assert exit_code_of(caught.value) == IntegrityError.exit_code
    assert exit_code_of(GONE) == MissingError.exit_code


def test_the_same_failure_of_many_things_is_told_once() -> None:
    again = MissingError(GONE.what, remedy=GONE.remedy)

    with pytest.raises(SeveralErrors) as caught:
        raise_all([SeveralErrors([GONE, DAMAGED]), again])
    assert caught.value.errors == (GONE, DAMAGED)


def test_a_block_that_fails_is_left_and_its_error_kept() -> None:
    errors: list[AirgapError] = []

    with collected_in(errors):
        raise GONE
    with collected_in(errors), pytest.raises(KeyError):
        raise KeyError("a bug is no AirgapError")

    assert errors == [GONE]
