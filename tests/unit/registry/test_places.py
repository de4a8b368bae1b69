"""Several places for one thing."""

from __future__ import annotations

import pytest

from cube_airgap.errors import AirgapError, MissingError, NetworkError
from cube_airgap.registry.places import answers, first_answer


def test_where_no_place_answers_each_is_told_with_what_to_do_about_it() -> None:
    errors: dict[str, AirgapError] = {
        "near": NetworkError("near speaks plain HTTP", remedy="give --insecure near"),
        "far": MissingError("far has no tag 2", remedy="there are: 1"),
        "origin": NetworkError("the name of origin cannot be resolved", remedy="check this DNS"),
    }

    def ask(place: str) -> str:
        raise errors[place]

    with pytest.raises(NetworkError) as caught:
        first_answer(errors, ask)

    assert caught.value.what == (
        "the name of origin cannot be resolved; its mirror, asked before: near speaks plain HTTP; "
        "its mirror, asked before: far has no tag 2"
    )
    assert caught.value.remedy == (
        "check this DNS; for the mirror: give --insecure near; for the mirror: there are: 1"
    )


def test_a_place_that_does_not_answer_takes_nothing_from_what_others_do() -> None:
    def ask(place: str) -> str:
        if place == "near":
            raise NetworkError("near is away", remedy="wait")
        return place

    assert list(answers(["near", "far", "origin"], ask)) == ["far", "origin"]
