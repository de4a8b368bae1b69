"""Text that others wrote, as a terminal gets it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_console.plain_text import plain_text


@pytest.mark.parametrize(
    "text", ["nginx:1.27", "two\nlines\tand a tab", "仓库 镜像\u3000名", "é└─ 🐳", ""]
)
def test_what_is_only_seen_stays(text: str) -> None:
    assert plain_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jwhole", r"\x1b[2Jwhole"),
        ("damaged\rwhole  ", r"damaged\rwhole  "),
        ("a\u202egz.rat", r"a\u202egz.rat"),
        ("\x9b31m", r"\x9b31m"),
        ("line\u2028end", r"line\u2028end"),
        ("\udcff", r"\udcff"),
    ],
)
def test_what_acts_is_told_by_its_number(text: str, shown: str) -> None:
    assert plain_text(text) == shown


@given(st.text())
def test_nothing_is_left_that_acts(text: str) -> None:
    shown = plain_text(text)
    assert plain_text(shown) == shown
    shown.encode()
