"""Sizes, times and counts for people."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_console.amounts import count_text, parse_size, parse_time, size_text, time_text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (999_499, "999 kB"),
        (999_600, "1.00 MB"),
        (4_760_000_000, "4.76 GB"),
        (12_345_678, "12.3 MB"),
        (10**18, "1000 PB"),
    ],
)
def test_sizes_have_three_digits(count: int, text: str) -> None:
    assert size_text(count) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [("4G", 4 * 10**9), ("650M", 650 * 10**6), ("1.5 GB", 15 * 10**8), ("4GiB", 4 << 30), ("7", 7)],
)
def test_sizes_are_read_as_people_write_them(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "0", "G", "4X", "-1G", "1e9"])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_size(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (125, "2:05 min"), (3720, "1:02 h")]
)
def test_times(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_counts_have_their_plural() -> None:
    assert (count_text(1, "image"), count_text(1204, "image")) == ("1 image", "1,204 images")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("6h", 21600), ("1d", 86400)]
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "5", "m", "1.5h", "1w", "-1m"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_time(text)
