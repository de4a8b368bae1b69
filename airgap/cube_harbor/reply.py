"""Harbor's answer to one call of its API: status, headers and the whole body."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TOLD = 300


@dataclass(frozen=True)
class Reply:
    """What was answered; `headers` have names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""

    @property
    def body(self) -> Any:  # noqa: ANN401 - JSON can be anything
        """The body as JSON, or None when it is empty or something else.

        Beside JSON there are nginx's pages, plain texts, and nothing at all.
        """
        try:
            return json.loads(self.raw)
        except (ValueError, RecursionError):
            return None

    @property
    def is_web_page(self) -> bool:
        """Whether it was made for people with browsers."""
        return self.headers.get("content-type", "").strip().lower().startswith("text/html")

    @property
    def code(self) -> str:
        """Harbor's code for what is wrong, such as `CONFLICT`; empty when there is none."""
        return self._told("code")

    @property
    def message(self) -> str:
        """Harbor's words for what is wrong, in one line; empty when there are none."""
        words = " ".join(self._told("message").split())
        return words if len(words) <= LONGEST_TOLD else f"{words[:LONGEST_TOLD]}…"

    @property
    def new_name(self) -> str:
        """The last part of `Location`: the number or name of what was made."""
        path = self.headers.get("location", "").partition("?")[0]
        return path.rstrip("/").rpartition("/")[2]

    @property
    def new_number(self) -> int | None:
        """The number of what was made, or None when `Location` tells none."""
        name = self.new_name
        return int(name) if name.isascii() and name.isdigit() else None

    def _told(self, key: str) -> str:
        """Harbor, src/lib/http/error.go: {"errors": [{"code", "message"}]}."""
        try:
            return str(self.body["errors"][0].get(key) or "")
        except (LookupError, TypeError, AttributeError):
            return ""
