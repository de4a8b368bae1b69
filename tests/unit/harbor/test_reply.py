from __future__ import annotations

import json

import pytest

from cube_harbor.reply import LONGEST_TOLD, Reply

PAGE = b"<html><body>502</body></html>"


def refused(message: object, code: object = "DENIED") -> Reply:
    return Reply(403, raw=json.dumps({"errors": [{"code": code, "message": message}]}).encode())


def test_code_and_message_are_those_of_the_first_error() -> None:
    reply = refused("not\n  so")
    assert (reply.code, reply.message) == ("DENIED", "not so")


def test_a_long_message_is_cut_off() -> None:
    message = refused("x" * 1000).message
    assert message == f"{'x' * LONGEST_TOLD}…"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        PAGE,
        b"404 page not found\n",
        b"[]",
        b"null",
        b'{"errors": []}',
        b'{"errors": {}}',
        b'{"errors": ["x"]}',
        b'{"errors": [{"code": null}]}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_error_tells_nothing(raw: bytes) -> None:
    reply = Reply(500, raw=raw)
    assert (reply.code, reply.message) == ("", "")


def test_a_web_page_is_known_by_its_type() -> None:
    assert Reply(502, {"content-type": "text/html"}, PAGE).is_web_page
    assert not Reply(200, {"content-type": "application/json"}, b"{}").is_web_page


@pytest.mark.parametrize(
    ("location", "number"),
    [
        ("/api/v2.0/registries/12", 12),
        ("http://h/api/v2.0/registries/12/?x=1", 12),
        ("/api/v2.0/projects/p2", None),
        ("", None),
    ],
)
def test_the_number_of_what_was_made_is_the_end_of_its_location(
    location: str, number: int | None
) -> None:
    assert Reply(201, {"location": location}).new_number == number
