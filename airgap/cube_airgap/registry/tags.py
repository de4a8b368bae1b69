"""The tags that a registry lists, and which of them come close to one that is not there."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAMED = 5
_MOST_COMPARED = 20_000
# More than any repository has that works; a hostile registry lists tags without end.
_MOST_TAGS = 100_000
_LONGEST_TAG = 128


def tags_in(pages: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Every tag that `pages` list (distribution spec, "Listing Tags"), or the first 100,000."""
    found: dict[str, None] = {}
    for body in pages:
        tags = body.get("tags")
        found |= dict.fromkeys(filter(_is_tag, tags)) if isinstance(tags, list) else {}
        if len(found) >= _MOST_TAGS:
            break
    return tuple(found)[:_MOST_TAGS]


def _is_tag(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TAG


def close_tags(tag: str, tags: Sequence[str]) -> list[str]:
    """Those of `tags` that read like `tag`, or else the last ones; none where there are none."""
    # Signatures and referrers lie under tags like this; nobody means one of them.
    named = [one for one in tags if not one.startswith("sha256-")]
    close = difflib.get_close_matches(tag, named[:_MOST_COMPARED], _NAMED, 0.5)
    return close or sorted(named)[-_NAMED:]
