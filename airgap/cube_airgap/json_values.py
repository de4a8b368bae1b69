"""Values in foreign JSON: each is of the type that belongs there, or raises TypeError."""

from __future__ import annotations

from typing import Any

LARGEST_SIZE = 2**63 - 1


def read_number(value: object) -> int:
    """`value`, if it is a whole number from 0 to LARGEST_SIZE."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_SIZE:
        raise TypeError("it has something else than 0 to 2^63 where a size or number belongs")
    return value


def read_list(value: object) -> list[Any]:
    """`value`, if it is a list."""
    if not isinstance(value, list):
        raise TypeError(f"it has a {type(value).__name__} where a list belongs")
    return value


def read_text(value: object) -> str:
    """`value`, if it is a text."""
    if not isinstance(value, str):
        raise TypeError(f"it has a {type(value).__name__} where a text belongs")
    return value
