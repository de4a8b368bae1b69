"""Which part of a blob a Range header asks for."""

from __future__ import annotations

import pytest

from cube_install.serve.byte_range import requested_range
from cube_install.serve.refusal import Refusal

ETAG = '"sha256:1"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=2-", (2, 10)),
        ("bytes=2-99", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("Bytes = 1-2".replace(" = ", "="), (1, 3)),
    ],
)
def test_a_range_inside_is_given(header: str, expected: tuple[int, int]) -> None:
    assert requested_range({"Range": header}, ETAG, 10) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "lines=1-2",
        "bytes=1",
        f"bytes={'9' * 30}-",
    ],
)
def test_what_makes_no_sense_is_ignored(header: str) -> None:
    assert requested_range({"Range": header}, ETAG, 10) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_a_range_outside_is_refused_with_the_size(header: str, size: int) -> None:
    with pytest.raises(Refusal) as refused:
        requested_range({"Range": header}, ETAG, size)
    assert refused.value.status == 416
    assert refused.value.headers == {"Content-Range": f"bytes */{size}"}


def test_several_ranges_are_refused() -> None:
    with pytest.raises(Refusal, match="one range at a time") as refused:
        requested_range({"Range": "bytes=0-1,4-5"}, ETAG, 10)
    assert refused.value.status == 416


def test_a_range_of_the_same_content_is_given() -> None:
    assert requested_range({"Range": "bytes=1-2", "If-Range": ETAG}, ETAG, 10) == (1, 3)


@pytest.mark.parametrize("validator", ['"other"', "Tue, 24 Nov 2026 06:00:00 GMT", f"W/{ETAG}"])
def test_a_range_of_other_content_is_ignored(validator: str) -> None:
    headers = {"Range": "bytes=1-2", "If-Range": validator}
    assert requested_range(headers, ETAG, 10) is None
