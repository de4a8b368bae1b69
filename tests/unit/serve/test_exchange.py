"""Requests, taken apart."""

from __future__ import annotations

from cube_install.serve.exchange import Request


def test_the_path_is_decoded_and_the_query_taken_apart() -> None:
    request = Request.of("GET", "/v2/a/blobs/sha256%3Aab?ns=docker.io&x", {})
    assert request.path == "/v2/a/blobs/sha256:ab"
    assert request.query == {"ns": "docker.io", "x": ""}


def test_of_a_parameter_that_comes_twice_the_first_counts() -> None:
    assert Request.of("GET", "/?n=1&n=2", {}).query == {"n": "1"}


def test_a_second_question_mark_is_part_of_the_query() -> None:
    assert Request.of("GET", "/a?b=c?d", {}).query == {"b": "c?d"}
