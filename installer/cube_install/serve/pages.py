"""Lists in pages, by `n` and `last` (distribution spec, "Listing Tags")."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from cube_install.serve.refusal import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_install.serve.exchange import Request

_MOST_DIGITS = 9


def page(names: Sequence[str], request: Request) -> tuple[list[str], dict[str, str]]:
    """Those of the sorted `names` that `request` asks for, and the `Link` to more if there are any.

    Raises Refusal where `n` is no number.
    """
    first = bisect_right(names, request.query["last"]) if "last" in request.query else 0
    count = _count(request.query.get("n"), len(names))
    found = list(names[first : first + count])
    if not found or first + count >= len(names):
        return found, {}
    query = urlencode(dict(request.query) | {"n": count, "last": found[-1]})
    return found, {"Link": f'<{quote(request.path)}?{query}>; rel="next"'}


def _count(text: str | None, all_of_them: int) -> int:
    if text is None:
        return all_of_them
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise Refusal(400, Code.UNSUPPORTED, "n is not a number of entries")
    return int(text)
