"""Passing a request on to the real registry behind the double, and its answer back."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.harbor.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.harbor.request import Request

_TO = ("Accept", "Content-Length", "Content-Range", "Content-Type", "Range")
_BACK = (
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "Docker-Content-Digest",
    "Docker-Distribution-Api-Version",
    "Docker-Upload-Uuid",
    "Etag",
    "Location",
    "Range",
)
_PIECE = 1 << 16


@dataclass(frozen=True)
class Passed(Answer):
    """An answer whose body is still to come; `pieces` must be used up or the answer closed."""

    response: http.client.HTTPResponse | None = None
    connection: http.client.HTTPConnection | None = field(default=None, compare=False)

    def pieces(self) -> Iterator[bytes]:
        assert self.response is not None
        try:
            while piece := self.response.read(_PIECE):
                yield piece
        finally:
            self.close()

    def whole(self) -> Answer:
        return Answer(self.status, self.headers, b"".join(self.pieces()))

    def close(self) -> None:
        if self.connection:
            self.connection.close()


def pass_on(
    request: Request, host: str, body: bytes | None = None, target: str | None = None
) -> Passed:
    """Ask the registry at `host` the same; `body` and `target` replace what the client sent.

    Raises ConnectionError when the client goes away; the registry then sees the same.
    """
    connection = http.client.HTTPConnection(host, timeout=60)
    try:
        connection.putrequest(
            request.method, target or request.target, skip_host=True, skip_accept_encoding=True
        )
        for name, text in _headers(request, body):
            connection.putheader(name, text)
        connection.endheaders()
        _send(connection, request, body)
        response = connection.getresponse()
    except BaseException:
        connection.close()
        raise
    headers = {name: kept for name in _BACK if (kept := response.getheader(name)) is not None}
    return Passed(response.status, headers, response=response, connection=connection)


def _headers(request: Request, body: bytes | None) -> Iterator[tuple[str, str]]:
    """Harbor passes the host on, from which the registry makes its locations."""
    yield "Host", request.headers.get("Host", "")
    yield "X-Forwarded-Proto", request.base.partition(":")[0]
    for name in _TO:
        # Docker has a line for each type that it accepts.
        given = request.headers.get_all(name, [])
        if name == "Content-Length" and body is not None:
            yield name, str(len(body))
        elif given:
            yield name, ", ".join(given)
    if request.body.is_chunked and body is None:
        yield "Transfer-Encoding", "chunked"


def _send(connection: http.client.HTTPConnection, request: Request, body: bytes | None) -> None:
    if body is not None:
        connection.send(body)
        return
    for piece in request.body.pieces():
        framed = b"%x\r\n%b\r\n" % (len(piece), piece) if request.body.is_chunked else piece
        connection.send(framed)
    if request.body.is_chunked:
        connection.send(b"0\r\n\r\n")
