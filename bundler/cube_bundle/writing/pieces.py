"""Cutting a stream of bytes into parts of wanted sizes, without copying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def regroup(stream: Iterator[bytes], sizes: Iterable[int]) -> Iterator[list[memoryview]]:
    """Yield a list of views for each of `sizes`, in order, holding just that many bytes.

    Raises IntegrityError if the stream ends early. What comes after the last size is not read.
    """
    rest = memoryview(b"")
    for size in sizes:
        group: list[memoryview] = []
        missing = size
        while missing:
            if not rest:
                rest = memoryview(_next(stream, missing))
            part = rest[:missing]
            group.append(part)
            missing -= len(part)
            rest = rest[len(part) :]
        yield group


def _next(stream: Iterator[bytes], missing: int) -> bytes:
    for piece in stream:
        if piece:
            return piece
    raise IntegrityError(
        f"a blob ended at least {missing} bytes early",
        remedy="run the same command again; if it happens again, the origin is damaged",
    )
