"""Doubles and real Harbors answer as the recorded ones did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.harbor.conversation import converse
from tests.support.harbor.harbors import HARBORS, open_harbor
from tests.support.harbor.recordings import recorded_versions, recording_for

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = list(recording_for(recorded_versions()[0]))
Answers = dict[str, Any]


@pytest.fixture(scope="module", params=HARBORS)
def answers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Answers, Answers]]:
    """What one Harbor answers, and what was recorded of its version."""
    with open_harbor(request.param, tmp_path_factory.mktemp("harbor")) as harbor:
        exchanges, names = converse(harbor)
        told = {name: exchange.fixed(names) for name, exchange in exchanges.items()}
        yield told, recording_for(harbor.version)


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_as_it_was_recorded(answers: tuple[Answers, Answers], name: str) -> None:
    told, recorded = answers
    assert told[name] == recorded[name]


def test_everything_that_is_asked_was_recorded(answers: tuple[Answers, Answers]) -> None:
    told, recorded = answers
    assert list(told) == list(recorded) == NAMES
