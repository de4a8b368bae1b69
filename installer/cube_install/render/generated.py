"""What rendering makes by itself beside a component's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Generated:
    """An object, and the apiVersions by preference if one of several is to be taken."""

    body: dict[str, Any]
    served_as: tuple[str, ...] = ()


Generator = Callable[[AbstractSet[str]], Iterable[Generated]]
"""Makes objects, knowing all namespaces of the stack."""
