"""Reading WWW-Authenticate headers as registries write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.registry.challenge import Challenge, best_challenge, parse_challenges


def test_bearer_with_quoted_parameters() -> None:
    header = 'Bearer realm="https://auth.example/token?a=b,c",service="registry",scope="a:b:pull"'
    assert parse_challenges(header) == (
        Challenge(
            "bearer",
            {
                "realm": "https://auth.example/token?a=b,c",
                "service": "registry",
                "scope": "a:b:pull",
            },
        ),
    )


def test_two_challenges_in_one_header() -> None:
    header = 'Basic realm="harbor", Bearer realm="https://a.example/t", service=s'
    assert [one.scheme for one in parse_challenges(header)] == ["basic", "bearer"]
    assert parse_challenges(header)[1].parameters["service"] == "s"


def test_names_are_read_without_regard_to_case() -> None:
    assert parse_challenges('BEARER Realm="https://a.example/t"')[0].realm == "https://a.example/t"


def test_quoted_quotes_are_read() -> None:
    assert parse_challenges(r'Basic realm="a \"b\""')[0].realm == 'a "b"'


def test_a_realm_without_quotes_is_read() -> None:
    header = "Bearer realm=https://a.example/t,service=s"
    assert parse_challenges(header)[0].realm == "https://a.example/t"


@pytest.mark.parametrize("header", ["", " ", ",,", '"', "=x"])
def test_what_is_no_challenge_gives_none(header: str) -> None:
    assert best_challenge(parse_challenges(header)) is None


def test_bearer_is_preferred() -> None:
    challenges = parse_challenges('Basic realm="x", Bearer realm="https://a.example/t"')
    best = best_challenge(challenges)
    assert best is not None
    assert best.scheme == "bearer"


def test_bearer_without_realm_is_of_no_use() -> None:
    assert best_challenge(parse_challenges("Bearer")) is None


@given(st.text())
def test_no_header_breaks_the_parser(header: str) -> None:
    parse_challenges(header)
