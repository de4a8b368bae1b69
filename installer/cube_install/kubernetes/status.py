"""What an API server says of a request that it did not fulfil."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 300
_LONGEST_CAUSE = 160
_FORBIDDEN = "Forbidden: "


@dataclass(frozen=True, slots=True)
class Cause:
    """One of several reasons: what kind, about which field, and in which words."""

    reason: str
    field: str
    message: str


@dataclass(frozen=True)
class Status:
    """The `Status` object of an answer; what it lacks is empty.

    `is_plain` is set where the answer is no `Status` at all: that is how an API server says that it
    serves no such path, and how proxies before it speak.
    """

    code: int
    reason: str = ""
    message: str = ""
    kind: str = ""
    group: str = ""
    name: str = ""
    causes: tuple[Cause, ...] = ()
    is_plain: bool = False

    @classmethod
    def of(cls, code: int, raw: bytes) -> Status:
        """Read the body `raw` of an answer with the status `code`."""
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or body.get("kind") != "Status":
            text = " ".join(raw[:1000].decode("utf-8", "replace").split())
            return cls(code, message=text, is_plain=True)
        details = _mapping(body.get("details"))
        causes = details.get("causes")
        return cls(
            code,
            _text(body.get("reason")),
            " ".join(_text(body.get("message")).split()),
            _text(details.get("kind")),
            _text(details.get("group")),
            _text(details.get("name")),
            tuple(_cause(_mapping(one)) for one in causes or ()) if _is_list(causes) else (),
        )

    @property
    def told(self) -> str:
        """The message in one line of bearable length."""
        return shortened(self.message)


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers with names in lower case, whole body, and warnings."""

    code: int
    raw: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ValueError where it is none."""
        body = json.loads(self.raw)
        if not isinstance(body, dict):
            raise ValueError("it is no JSON object")  # noqa: TRY004 - like json's own
        return body

    @property
    def status(self) -> Status:
        """The body of an answer that is no success."""
        return Status.of(self.code, self.raw)

    @property
    def is_web_page(self) -> bool:
        """Whether it was made for people with browsers."""
        return self.headers.get("content-type", "").strip().lower().startswith("text/html")


def shortened(text: str) -> str:
    """`text` of a bearable length."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def told_cause(cause: Cause) -> str:
    """The field and what is wrong with it, without the value that the server quotes.

    A pod template takes thousands of characters there, passwords among them, and what changed in a
    volume is shown as a diff.
    """
    message = cause.message
    if message.startswith(_FORBIDDEN):  # a diff may follow, in another form in each version
        message = message.removeprefix(_FORBIDDEN).partition("\n")[0]
    message = " ".join(message.split())
    if len(message) > _LONGEST_CAUSE or "{" in message:
        message = message.rpartition(": ")[2]
    return f"{cause.field}: {shortened(message)}" if cause.field else shortened(message)


def _cause(cause: Mapping[str, Any]) -> Cause:
    reason, field, message = (_text(cause.get(name)) for name in ("reason", "field", "message"))
    return Cause(reason, field, message)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_list(value: object) -> bool:
    return isinstance(value, list)
