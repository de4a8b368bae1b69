"""YAML as trees with lines, document by document."""

from __future__ import annotations

import re

import pytest

from cube_scan.tree import Mapping, Scalar
from cube_scan.yaml_tree import documents, kind_of, means_text


def test_a_broken_document_costs_no_other() -> None:
    first, second, third = documents("a: 1\n---\nb: [1\n---\nc: 3\n")

    assert isinstance(first.root, Mapping)
    assert isinstance(third.root, Mapping)
    assert third.line == 4
    assert [notice.fatal for notice in second.notices] == [True]


def test_an_error_names_the_line_of_the_file() -> None:
    (_, broken) = documents("a: 1\n---\nb: 2\n\tc: 3\n")

    assert broken.notices[0].line == 4
    assert "tab" in broken.notices[0].what


def test_three_dashes_inside_a_block_do_not_end_it() -> None:
    (document,) = documents("a: |\n  one\n  ---\n  two\n")

    assert isinstance(document.root, Mapping)
    assert document.root.text("a") == "one\n---\ntwo\n"


def test_repeated_keys_are_noted_and_both_kept() -> None:
    (document,) = documents("a: 1\nb: 2\na: 3\n")

    assert [(notice.line, notice.fatal) for notice in document.notices] == [(3, False)]
    assert isinstance(document.root, Mapping)
    assert len(document.root.items) == 3


def test_depth_is_bounded() -> None:
    (document,) = documents("[" * 900 + "]" * 900)

    assert "more than 200 levels deep" in document.notices[0].what


@pytest.mark.parametrize("brackets", ["[" * 5000, "[" * 100_000 + "]" * 100_000])
def test_a_depth_that_the_parser_may_refuse_first_is_told_too(brackets: str) -> None:
    # libyaml has had a limit of 1,000 of its own since PyYAML 6.0.4.
    (document,) = documents(brackets)

    assert document.notices[0].fatal
    assert re.search(r"levels deep|maximum nesting depth", document.notices[0].what)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("on", "bool"), ("1.10", "float"), ("0755", "int"), ("20:30", "int"), ("~", "null")],
)
def test_what_yaml_takes_for_something_else_is_told(text: str, kind: str) -> None:
    assert kind_of(Scalar(text, 1, quoted=False)) == kind
    assert kind_of(Scalar(text, 1, quoted=True)) == "str"
    assert not means_text(Scalar(text, 1, quoted=False))
