"""Tokens replaced exactly, and nothing that only looks like them."""

from __future__ import annotations

import pytest

from cube_install.render.rewriting import Replacement, rewritten


def redis(text: str, line: int = 1) -> str:
    return rewritten(text, [Replacement(line, "redis:7", "harbor.example/p/redis:7")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: redis:7", "image: harbor.example/p/redis:7"),
        ('{"image":"redis:7"}', '{"image":"harbor.example/p/redis:7"}'),
        ("--image=redis:7,redis:7", "--image=harbor.example/p/redis:7,harbor.example/p/redis:7"),
        (r'"FROM a\nredis:7\nRUN"', r'"FROM a\nharbor.example/p/redis:7\nRUN"'),
        ("pulls redis:7.", "pulls harbor.example/p/redis:7."),
    ],
)
def test_a_token_is_replaced(text: str, expected: str) -> None:
    assert redis(text) == expected


@pytest.mark.parametrize(
    "text", ["a/redis:7", "redis:7.4", "xredis:7", "redis:7-alpine", "redis:70", "redis:7@sha256:a"]
)
def test_a_part_of_a_longer_token_is_left_alone(text: str) -> None:
    assert redis(text) == text


def test_other_lines_are_left_alone() -> None:
    assert redis("redis:7\nredis:7\nredis:7\n", 2) == "redis:7\nharbor.example/p/redis:7\nredis:7\n"


def test_a_value_that_goes_on_over_lines_is_followed() -> None:
    assert redis("image: >\n  redis:7\n") == "image: >\n  harbor.example/p/redis:7\n"


def test_the_ends_of_lines_stay() -> None:
    assert redis("a\r\nredis:7\r\n", 2) == "a\r\nharbor.example/p/redis:7\r\n"


def test_a_url_is_replaced_and_not_the_beginning_of_a_longer_one() -> None:
    one = Replacement(1, "https://a.example/x", "http://in/x", is_url=True)
    text = "wget https://a.example/x, not https://a.example/x.zip or https://a.example/x/y"
    assert rewritten(text, [one]) == (
        "wget http://in/x, not https://a.example/x.zip or https://a.example/x/y"
    )
