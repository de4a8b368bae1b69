"""Hiding what secrets hold in text that is shown, as logs are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cube_airgap.stack_entries import SecretRule
    from cube_harbor.secret import Secret

HIDDEN = "(hidden)"
_SHORT = 5


def unknown_to_others(wanted: SecretRule, content: Mapping[str, Secret]) -> tuple[Secret, ...]:
    """What of a secret's content is to be hidden: a text that the stack itself has is a name."""
    fixed = {name for name, key in wanted.keys.items() if not key.length and key.adopted is None}
    return tuple(one for name, one in content.items() if name not in fixed)


def without_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """`text` without any of them, also as URLs have them.

    A short one, part of many words, is hidden as a whole word.
    """
    plain = {secret.reveal() for secret in secrets} - {""}
    written = {form for one in plain for form in (one, quote(one, safe=""), quote(one))}
    for one in sorted(written, key=len, reverse=True):
        if len(one) > _SHORT:
            text = text.replace(one, HIDDEN)
        else:
            text = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", HIDDEN, text)
    return text
