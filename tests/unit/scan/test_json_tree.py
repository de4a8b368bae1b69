"""JSON as a tree with lines."""

from __future__ import annotations

import pytest

from cube_scan.json_tree import JsonTextError, parse_json
from cube_scan.tree import Mapping, Scalar, at


def test_every_string_knows_its_line() -> None:
    root, _ = parse_json('{\n "a": [\n  "x",\n  "y"\n ],\n "b": "z"}')

    found = [at(root, path) for path in (("a", 0), ("a", 1), ("b",))]

    assert [node.line for node in found if isinstance(node, Scalar)] == [3, 4, 6]


def test_numbers_are_no_text() -> None:
    root, _ = parse_json('{"a": 1.10, "b": null, "c": true}')

    assert isinstance(root, Mapping)
    assert [value.quoted for _, value in root.items if isinstance(value, Scalar)] == [False] * 3


def test_repeated_keys_are_noted() -> None:
    _, notices = parse_json('{"a": "1",\n "a": "2"}')

    assert [notice.line for notice in notices] == [2]


@pytest.mark.parametrize("text", ['{\n"a": }', '{\n"a": 1,,}', '{\n"a" 1}'])
def test_an_error_names_its_line(text: str) -> None:
    with pytest.raises(JsonTextError, match="not JSON") as caught:
        parse_json(text)

    assert caught.value.line == 2


def test_depth_is_bounded() -> None:
    with pytest.raises(JsonTextError, match="nested too deeply"):
        parse_json("[" * 100_000)


def test_tabs_and_line_ends_inside_strings_are_read() -> None:
    root, _ = parse_json('{"a": "one\ttwo"}')

    assert isinstance(root, Mapping)
    assert root.text("a") == "one\ttwo"
