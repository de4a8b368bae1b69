"""Texts that people name since they tell of images in use: read whole, in pieces."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_airgap.file_range import read_head, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE = 1 << 20
_OVERLAP = 2048  # characters; more than a reference has
_LOOKED_AT = 8192
# As Windows' shell writes what a command prints.
_TWO_BYTES = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b")


def text_pieces(path: Path) -> Iterator[str]:
    """The text of a file; a piece begins with the end of the one before, so no word is cut.

    Raises MissingError where it cannot be read, UsageError where it is no text.
    """
    encoding = _encoding(path)
    end = ""
    try:
        with path.open(encoding=encoding, errors="replace") as file:
            while piece := file.read(_PIECE):
                yield end + piece
                end = piece[-_OVERLAP:]
    except OSError as error:
        raise unreadable(path, error) from error


def _encoding(path: Path) -> str:
    head = read_head(path, _LOOKED_AT)
    if head.startswith(_TWO_BYTES):
        return "utf-16"
    if _NO_TEXT.intersection(head):
        raise UsageError(
            f"{path} is no text, so nobody sees which images it names",
            remedy="unpack it first (gunzip, unzip, tar), and name what is in it",
        )
    return "utf-8"
