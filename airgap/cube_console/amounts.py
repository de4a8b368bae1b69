"""Sizes, rates and times as people read and write them."""

from __future__ import annotations

import re

from cube_airgap.errors import UsageError

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_TIME = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmMgGtT]?)(i?)[bB]?")


def size_text(count: float) -> str:
    """Bytes with three digits and a decimal unit: `4.76 GB`, as disks are sold and links rated."""
    value = float(count)
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    if unit == "B":
        return f"{value:.0f} B"
    return f"{value:.{max(0, 3 - len(str(int(value))))}f} {unit}"


def parse_size(text: str) -> int:
    """Bytes of `4G`, `700 MB` or `4GiB`; a letter alone is decimal. Raises UsageError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise UsageError(
            f"{text!r} is not a size", remedy="write a number with k, M, G or T, as 4G or 650M"
        )
    power = " kmgt".index(match[2].lower() or " ")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** power)


def parse_time(text: str) -> float:
    """Seconds of `90s`, `30m`, `6h` or `1d`. Raises UsageError."""
    match = _TIME.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise UsageError(
            f"{text!r} is not a time", remedy="write a number with s, m, h or d, as 30m or 6h"
        )
    return float(int(match[1]) * _SECONDS[match[2]])


def time_text(seconds: float) -> str:
    """`8 s`, `2:05 min` or `1:02 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def count_text(count: int, noun: str) -> str:
    """`1 image`, `1,204 images`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
