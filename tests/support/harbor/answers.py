"""What the double answers: status, headers and body; and the errors that Harbor has."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
ERROR_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Refused(Exception):  # noqa: N818 - an answer like any other
    """Ends the work on a request with an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def json_answer(
    value: Any,  # noqa: ANN401 - any JSON
    status: int = 200,
    headers: dict[str, str] | None = None,
    kind: str = JSON,
) -> Answer:
    """Keys in order, as Harbor's generated models have them."""
    body = json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return Answer(status, {"Content-Type": kind, **(headers or {})}, body)


def text_answer(status: int, text: str, kind: str = "text/plain; charset=utf-8") -> Answer:
    return Answer(status, {"Content-Type": kind}, text.encode())


def web_page(status: int, title: str) -> Answer:
    """As nginx makes them."""
    heading = f"{status} {title}"
    body = f"<html>\r\n<head><title>{heading}</title></head>\r\n<body>\r\n</body>\r\n</html>\r\n"
    return text_answer(status, body, "text/html")


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Answer:
    value = {"errors": [{"code": code, "message": message}]}
    body = json.dumps(value, separators=(",", ":")).encode() + b"\n"
    return Answer(status, {"Content-Type": ERROR_JSON, **(headers or {})}, body)


def refuse(status: int, code: str, message: str) -> Refused:
    return Refused(error(status, code, message))


def unauthorized() -> Refused:
    return refuse(401, "UNAUTHORIZED", "unauthorized")


def forbidden(message: str = "forbidden") -> Refused:
    return refuse(403, "FORBIDDEN", message)


def not_found(message: str) -> Refused:
    return refuse(404, "NOT_FOUND", message)


def invalid(message: str) -> Refused:
    return refuse(422, "UNPROCESSABLE_ENTITY", f"validation failure list:\n{message}")


READ_ONLY = "The system is in read only mode. Any modification is prohibited."
