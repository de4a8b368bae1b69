"""The double answers as a transcript of another real Harbor has it, where that is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.harbor.conversation import converse
from tests.support.harbor.harbors import open_harbor
from tests.support.harbor.transcript import (
    Keys,
    compared,
    exchange_key,
    keys_of,
    read_transcript,
    shortened,
    theirs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.harbor.exchange import Exchange, Names
    from tests.support.harbor.transcript import Told


class Run(NamedTuple):
    told: dict[str, Told]
    exchanges: dict[str, Exchange]
    names: Names


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The transcript, and the double's exchanges by the keys that they have there."""
    with open_harbor("double 2.9.5", tmp_path_factory.mktemp("harbor")) as harbor:
        exchanges, names = converse(harbor)
        keyed = {exchange_key(one, names): one for one in exchanges.values() if one.seen}
        yield Run({one.key: one for one in read_transcript()}, keyed, names)


def test_what_claims_to_be_in_the_transcript_is_there(run: Run) -> None:
    assert sorted(run.exchanges.keys() - run.told.keys() if run.told else ()) == []


def test_the_status_is_the_same(run: Run) -> None:
    common = run.exchanges.keys() & run.told.keys()
    wrong = {
        key: (run.exchanges[key].status, run.told[key].status)
        for key in common
        if run.exchanges[key].status != run.told[key].status
    }
    assert wrong == {}


def test_the_telling_headers_are_the_same(run: Run) -> None:
    wrong = {}
    for key in run.exchanges.keys() & run.told.keys():
        exchange, told = run.exchanges[key], run.told[key]
        for name in ("www-authenticate", "location", "range", "content-type", "link"):
            if name in told.headers and not agree(exchange, run.names, name, told.headers[name]):
                wrong[f"{key}: {name}"] = (exchange.headers.get(name), told.headers[name])
    assert wrong == {}


def agree(exchange: Exchange, names: Names, name: str, told: str) -> bool:
    """Ranges tell how much was sent, which is not the same here."""
    given = exchange.headers.get(name)
    if given is None:
        return False
    ours = theirs(names.emptied(given), names)
    return name == "range" or shortened(ours) == shortened(told)


def test_the_bodies_are_the_same(run: Run) -> None:
    wrong = {}
    for key in run.exchanges.keys() & run.told.keys():
        body = run.exchanges[key].body.decode(errors="replace")
        told = compared(run.told[key].body)
        given = compared(theirs(run.names.emptied(body), run.names).encode())
        if isinstance(told, Keys):  # of a body that was cut off
            given = keys_of(body)[: len(told)]
        if given != told and run.told[key].body:
            wrong[key] = (given, told)
    assert wrong == {}
