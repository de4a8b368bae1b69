"""Lists in pages."""

from __future__ import annotations

import pytest

from cube_install.serve.exchange import Request
from cube_install.serve.pages import page
from cube_install.serve.refusal import Refusal

NAMES = ["a", "b", "c"]


def paged(query: str) -> tuple[list[str], dict[str, str]]:
    return page(NAMES, Request.of("GET", f"/v2/x/tags/list{query}", {}))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["a", "b", "c"]),
        ("?n=3", ["a", "b", "c"]),
        ("?n=99", ["a", "b", "c"]),
        ("?n=0", []),
        ("?last=a", ["b", "c"]),
        ("?last=aa", ["b", "c"]),
        ("?n=2&last=a", ["b", "c"]),
        ("?n=2&last=c", []),
        ("?n=2&last=zzz", []),
    ],
)
def test_the_last_page_has_no_link(query: str, expected: list[str]) -> None:
    assert paged(query) == (expected, {})


def test_another_page_is_linked_to() -> None:
    found, headers = paged("?n=2")
    assert found == ["a", "b"]
    assert headers == {"Link": '</v2/x/tags/list?n=2&last=b>; rel="next"'}


def test_the_link_keeps_the_mirrored_host() -> None:
    _, headers = paged("?n=1&ns=docker.io")
    assert headers == {"Link": '</v2/x/tags/list?n=1&ns=docker.io&last=a>; rel="next"'}


@pytest.mark.parametrize("number", ["-1", "x", "", "1.5", "9" * 30, "²"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(Refusal) as refused:
        paged(f"?n={number}")
    assert refused.value.status == 400
