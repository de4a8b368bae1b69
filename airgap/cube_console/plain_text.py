"""Text that others wrote, made harmless for a terminal."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"
# Control and format characters, halves of pairs, and the separators that some take for line ends.
_ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def plain_text(text: str) -> str:
    r"""`text` with every character that acts on a terminal instead of being seen as `\x1b`.

    A registry, an image or a bundle could else rewrite what was said before, or the order in which
    it reads. Line ends and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(one) for one in text)


def _seen(one: str) -> str:
    if one in _KEPT or unicodedata.category(one) not in _ACTING:
        return one
    return one.encode("unicode_escape").decode()
