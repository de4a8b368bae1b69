"""Which part of a blob a request asks for (RFC 9110 section 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_install.serve.refusal import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNIT = "bytes="
_ONE = re.compile(r"([0-9]*)-([0-9]*)")
_LONGEST_NUMBER = 19


def requested_range(headers: Mapping[str, str], etag: str, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of the part of a body of `size` bytes, or None for all of it.

    A range of another unit or that makes no sense is ignored, as is one whose If-Range names
    something else. Raises Refusal for one that lies outside, and for several at once, which no
    registry client asks for.
    """
    text = headers.get("Range", "").strip()
    if not text.lower().startswith(_UNIT) or headers.get("If-Range", etag) != etag:
        return None
    text = text[len(_UNIT) :].strip()
    if "," in text:
        raise _unsatisfiable(size, "one range at a time")
    match = _ONE.fullmatch(text)
    if match is None or match.group() == "-" or max(map(len, match.groups())) > _LONGEST_NUMBER:
        return None
    first, last = match.groups()
    if first and last and int(first) > int(last):
        return None
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if start >= stop:
        raise _unsatisfiable(size, f"there are {size} bytes")
    return start, stop


def _unsatisfiable(size: int, why: str) -> Refusal:
    headers = {"Content-Range": f"bytes */{size}"}
    return Refusal(416, Code.SIZE_INVALID, f"this range cannot be given: {why}", headers)
