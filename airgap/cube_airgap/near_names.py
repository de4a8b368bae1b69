"""Names that were probably meant where somebody wrote another one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Advice for whoever wrote `name` where only the names of `known` make sense."""
    names = sorted(known)
    close = get_close_matches(name, names, 1, 0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(names)}" if names else "there are none"
