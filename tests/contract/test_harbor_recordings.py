"""Doubles and real Harbors answer as the recorded ones did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.harbor.conversation import converse
from tests.support.harbor.harbors import HARBORS, open_harbor
from tests.support.harbor.recordings import recorded_versions, recordings_for

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = list(recordings_for(recorded_versions()[0])[0])
Answers = dict[str, Any]


@pytest.fixture(scope="module", params=HARBORS)
def answers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Answers, list[Answers]]]:
    """What one Harbor answers, and what was recorded of its version, or of those beside it."""
    with open_harbor(request.param, tmp_path_factory.mktemp("harbor")) as harbor:
        exchanges, names = converse(harbor)
        told = {name: exchange.fixed(names) for name, exchange in exchanges.items()}
        yield told, recordings_for(harbor.version)


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_as_it_was_recorded(
    answers: tuple[Answers, list[Answers]], name: str
) -> None:
    told, recorded = answers
    if len(recorded) == 1:
        assert told[name] == recorded[0][name]  # which tells the difference
    assert told[name] in [one[name] for one in recorded]


def test_everything_that_is_asked_was_recorded(answers: tuple[Answers, list[Answers]]) -> None:
    told, recorded = answers
    assert all(list(told) == list(one) for one in recorded)
