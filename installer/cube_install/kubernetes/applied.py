"""What applying an object did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

# What the server or the controllers change by themselves.
_BOOKKEEPING = ("managedFields", "resourceVersion", "generation")


class Change(Enum):
    """What became of an object."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Applied:
    """The object as the server has it now, what became of it, and what the server warns of."""

    body: dict[str, Any] = field(repr=False)
    change: Change
    warnings: tuple[str, ...] = ()


def change_between(before: dict[str, Any] | None, after: dict[str, Any]) -> Change:
    """What an apply changed. A status that a controller wrote in between does not count.

    Contents are compared, since a dry run leaves the resourceVersion as it is.
    """
    if before is None or before["metadata"].get("uid") != after["metadata"].get("uid"):
        return Change.CREATED
    return Change.UNCHANGED if _meant(before) == _meant(after) else Change.CHANGED


def _meant(body: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: one for key, one in body["metadata"].items() if key not in _BOOKKEEPING}
    return {**body, "metadata": metadata, "status": None}
