"""Bytes as lines that a person can type or photograph: each has a number and a check of its own.

The letters are Crockford's base 32, in which none is mistaken for another: small ones are taken for
large ones, O for 0, and I and L for 1.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TAKEN_FOR = str.maketrans("OIL", "011")
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}
_LINE = 60
_GROUP = 10
_CHECK = 4


class LinesError(ValueError):
    """Lines that were mistyped, or are missing; `numbers` says which, counted from 1."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = tuple(numbers)
        super().__init__(f"lines {', '.join(map(str, self.numbers))}")


def encode_lines(data: bytes) -> Iterator[str]:
    """`NNNN AAAAAAAAAA … CCCC`: the number, up to 60 letters in groups of ten, and the check."""
    letters = _lettered(data)
    for number, start in enumerate(range(0, len(letters), _LINE), 1):
        line = letters[start : start + _LINE]
        groups = [line[place : place + _GROUP] for place in range(0, len(line), _GROUP)]
        yield f"{number:04d} {' '.join(groups)} {_check(number, line)}"


def decode_lines(lines: Iterable[str], size: int) -> bytes:
    """The `size` bytes that encode_lines() gave `lines` for, in whatever order they come.

    Raises LinesError.
    """
    letters = -(-size * 8 // 5)
    expected = -(-letters // _LINE)
    found: dict[int, str] = {}
    for text in lines:
        words = text.upper().translate(_TAKEN_FOR).split()
        number, *groups, check = words if len(words) > 2 else ("", "", "")
        line = "".join(groups)
        if number.isascii() and number.isdigit() and check == _check(int(number), line):
            found[int(number)] = line
    missing = [number for number in range(1, expected + 1) if number not in found]
    if missing:
        raise LinesError(missing)
    return _unlettered("".join(found[number] for number in range(1, expected + 1)), size)


def _lettered(data: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(_LETTERS[int(bits[place : place + 5], 2)] for place in range(0, len(bits), 5))


def _unlettered(text: str, size: int) -> bytes:
    bits = "".join(f"{_VALUES[letter]:05b}" for letter in text)[: size * 8]
    return int(f"1{bits}", 2).to_bytes(size + 1, "big")[1:]


def _check(number: int, line: str) -> str:
    """Twenty bits: a mistyped line passes once in a million times, one in another's place never."""
    hashed = hashlib.sha256(f"{number} {line}".encode()).digest()
    value = int.from_bytes(hashed[:3], "big") >> 4
    return "".join(_LETTERS[value >> shift & 31] for shift in (15, 10, 5, 0))
