"""A request as the double gets it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from tests.support.harbor.answers import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message


class Body:
    """What a client sends, read as it comes; by length, in chunks, or nothing."""

    def __init__(self, file: Any, headers: Message) -> None:  # noqa: ANN401 - a socket's file
        self._file = file
        self.is_chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        self.length = int(headers.get("Content-Length") or 0)
        self._left = self.length
        self._is_over = not self.is_chunked and self.length == 0

    def pieces(self) -> Iterator[bytes]:
        """Raises ConnectionError when the client goes away in the middle."""
        while not self._is_over:
            piece = self._chunk() if self.is_chunked else self._part()
            if piece:
                yield piece

    def read(self) -> bytes:
        return b"".join(self.pieces())

    def _part(self) -> bytes:
        piece: bytes = self._file.read1(min(self._left, 1 << 16))
        if not piece:
            raise ConnectionError("the client went away")
        self._left -= len(piece)
        self._is_over = self._left == 0
        return piece

    def _chunk(self) -> bytes:
        line = self._file.readline()
        if not line:
            raise ConnectionError("the client went away")
        size = int(line.partition(b";")[0], 16)
        data: bytes = self._file.read(size)
        if len(data) < size:
            raise ConnectionError("the client went away")
        self._file.readline()
        self._is_over = size == 0
        return data


@dataclass
class Request:
    """`target` is the path with its query, as it was written."""

    method: str
    target: str
    headers: Message
    body: Body
    base: str

    @property
    def path(self) -> str:
        """Decoded once."""
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]

    @property
    def authorization(self) -> str:
        return self.headers.get("Authorization") or ""

    def basic(self) -> tuple[str, str] | None:
        """User name and password, if it has some."""
        scheme, _, rest = self.authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        username, _, password = base64.b64decode(rest).decode().partition(":")
        return username, password

    def json(self, what: str) -> Any:  # noqa: ANN401 - JSON
        """The body. Raises Refused, in the words of Harbor's generated server."""
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        raw = self.body.read()
        if not raw:
            raise invalid(f"{what} in body is required")
        if kind != "application/json":
            raise invalid(f'unsupported media type "{kind}", only [application/json] are allowed')
        try:
            return json.loads(raw)
        except ValueError as problem:
            found = raw.decode()[getattr(problem, "pos", 0)]
            raise invalid(
                f"parsing {what} body from \"\" failed, because invalid character '{found}' "
                "looking for beginning of object key string"
            ) from None
