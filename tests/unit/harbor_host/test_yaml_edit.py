"""Single values in YAML that people write: all else stays byte for byte."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.errors import UsageError
from cube_install.harbor_host.yaml_edit import with_value, without

TEXT = """\
# about it all
name: old  # why
block:
  # about port
  port: 80
  list:
    - one   # first
    # - two
empty:
after: 1
"""


def test_a_value_is_replaced_and_its_comment_kept() -> None:
    assert with_value(TEXT, ("name",), "new") == TEXT.replace("old", "new")


def test_a_value_below_another_key_is_replaced() -> None:
    assert with_value(TEXT, ("block", "port"), 8080) == TEXT.replace("80", "8080")


def test_a_missing_key_is_added_before_those_beside_it() -> None:
    changed = with_value(TEXT, ("block", "host"), "h")

    assert changed == TEXT.replace("  # about port\n  port", "  # about port\n  host: h\n  port")


def test_a_missing_block_is_added_at_the_end() -> None:
    assert with_value(TEXT, ("tls", "port"), 443) == f"{TEXT}tls:\n  port: 443\n"


def test_a_missing_key_is_added_to_a_file_without_a_line_end() -> None:
    assert with_value("a: 1", ("b",), 2) == "a: 1\nb: 2\n"


def test_an_empty_key_gets_its_value() -> None:
    assert with_value(TEXT, ("empty",), "x") == TEXT.replace("empty:", "empty: x")


def test_an_empty_block_gets_its_first_key() -> None:
    assert with_value(TEXT, ("empty", "a"), 1) == TEXT.replace("empty:\n", "empty:\n  a: 1\n")


def test_what_would_be_read_as_something_else_is_quoted() -> None:
    changed = with_value(TEXT, ("name",), "12: #x")

    assert yaml.safe_load(changed)["name"] == "12: #x"


@pytest.mark.parametrize("path", [("block",), ("block", "list"), ("after", "x")])
def test_what_is_no_single_value_is_refused(path: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="cannot be set"):
        with_value(TEXT, path, 1)


@pytest.mark.parametrize("text", ["[1]", "{a: 1}", "a: [", "text"])
def test_what_is_no_mapping_in_lines_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        with_value(text, ("a",), 1)


def test_a_block_becomes_a_comment_and_what_follows_stays() -> None:
    changed = without(TEXT, "block")

    assert "block" not in yaml.safe_load(changed)
    assert "# block:\n#   # about port\n#   port: 80\n#   list:\n#     - one   # first\n" in changed
    assert changed.endswith("    # - two\nempty:\nafter: 1\n")


def test_a_text_over_several_lines_becomes_a_comment_whole() -> None:
    changed = without("a: |\n  one\n  two\nb: 1\n", "a")

    assert yaml.safe_load(changed) == {"b": 1}


def test_a_block_that_is_not_there_changes_nothing() -> None:
    assert without(TEXT, "tls") == TEXT


# No setting of ours has several lines, or characters that cannot be seen.
LINES = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")))


@given(LINES | st.integers() | st.booleans())
def test_whatever_is_set_is_read_back(value: str | int | bool) -> None:
    read = yaml.safe_load(with_value(TEXT, ("block", "port"), value))

    assert read["block"]["port"] == value
    assert read["after"] == 1
