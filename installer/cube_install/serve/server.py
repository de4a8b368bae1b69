"""The HTTP server around a registry: connections, answers, and a line of log for each."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
    format_timestamp,
)
from tornado.iostream import StreamClosedError

from cube_airgap.errors import AirgapError
from cube_install.serve.body_sender import STALL_SECONDS, BodySender
from cube_install.serve.exchange import Answer, BlobPart, Request
from cube_install.serve.plain_connections import accept_plain

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Awaitable, Sequence

    from tornado.httputil import HTTPConnection

    from cube_airgap.bundle import Bundle
    from cube_install.serve.proofs import Proofs
    from cube_install.serve.registry import Registry

Log = Callable[[str, str], None]
"""Takes a line about a request, and what went wrong with it, which mostly is nothing."""

_READERS = 4
_IDLE_SECONDS = 120
_LARGEST_BODY = 1 << 62
"""No body is kept, so that none is too large to be told that nothing can be written."""
_BODILESS = {HTTPStatus.NOT_MODIFIED, HTTPStatus.NO_CONTENT}


class Server(HTTPServerConnectionDelegate):
    """Serves `registry`, and tells `log` of every request."""

    def __init__(self, registry: Registry, bundle: Bundle, proofs: Proofs, log: Log) -> None:
        self.registry = registry
        self.log = log
        self.readers = ThreadPoolExecutor(_READERS, "reader")
        self.sender = BodySender(bundle, proofs, self.readers)
        self.exchanges: set[asyncio.Task[None]] = set()

    async def run(self, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None) -> None:
        """Answer on `sockets` until cancelled."""
        _allow_many_connections()
        server = HTTPServer(
            self,
            ssl_options=tls,
            idle_connection_timeout=_IDLE_SECONDS,
            max_body_size=_LARGEST_BODY,
        )
        if tls:
            server.add_sockets(sockets)
        else:
            accept_plain(sockets, server)
        try:
            await asyncio.Event().wait()
        finally:
            await self._break_off()
            self.readers.shutdown(wait=False, cancel_futures=True)

    async def _break_off(self) -> None:
        for exchange in self.exchanges:
            exchange.cancel()
        if self.exchanges:
            await asyncio.wait(self.exchanges)

    def start_request(
        self,
        server_conn: object,  # noqa: ARG002 - tornado's
        request_conn: HTTPConnection,
    ) -> HTTPMessageDelegate:
        """Begin an exchange on a connection."""
        assert isinstance(request_conn, HTTP1Connection)  # noqa: S101 - it has no other kind
        return _Exchange(self, request_conn)


def _allow_many_connections() -> None:
    """Raise the number of open files, each connection being one, to what the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # then those that are allowed have to do
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class _Exchange(HTTPMessageDelegate):
    """One request and its answer."""

    def __init__(self, server: Server, connection: HTTP1Connection) -> None:
        self._server = server
        self._connection = connection
        self._line: RequestStartLine
        self._headers: HTTPHeaders

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Keep what is asked; a body, which comes with what is refused only, is thrown away."""
        assert isinstance(start_line, RequestStartLine)  # noqa: S101 - we are the server
        self._line, self._headers = start_line, headers
        return None

    def finish(self) -> None:
        """Answer, now that all was read: a client that is still sending would miss it."""
        task = asyncio.ensure_future(self._exchange(self._line, self._headers))
        self._server.exchanges.add(task)
        task.add_done_callback(self._server.exchanges.discard)

    async def _exchange(self, line: RequestStartLine, headers: HTTPHeaders) -> None:
        try:
            await self._answer(line, headers)
        except BaseException:
            self._connection.close()  # a bug, or the end of all: nobody may wait for the rest
            raise

    async def _answer(self, line: RequestStartLine, headers: HTTPHeaders) -> None:
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        request = Request.of(line.method, line.path, headers)
        answer = await loop.run_in_executor(
            self._server.readers, self._server.registry.answer, request
        )
        trouble = await self._send(answer, is_head=line.method == "HEAD")
        seconds = time.monotonic() - began
        self._server.log(self._log_line(line, answer, seconds), trouble)

    async def _send(self, answer: Answer, *, is_head: bool) -> str:
        """Send `answer`; what went wrong, or nothing."""
        try:
            await self._write_headers(answer)
            if not is_head:
                await self._write_body(answer.body)
            self._connection.finish()
        except AirgapError as error:
            self._connection.close()  # with less than was promised: the client knows it is broken
            return f"broken off: {error.what}; {error.remedy}"
        except StreamClosedError:
            return "the client went away"
        except TimeoutError:
            self._connection.close()
            return "the client stopped reading"
        return ""

    async def _write_body(self, body: bytes | BlobPart) -> None:
        if isinstance(body, BlobPart):
            await self._server.sender.send(body, self._connection.write)
        elif body:
            async with asyncio.timeout(STALL_SECONDS):
                await self._connection.write(body)

    async def _write_headers(self, answer: Answer) -> None:
        headers = HTTPHeaders(answer.headers)
        headers["Docker-Distribution-Api-Version"] = "registry/2.0"
        headers["Date"] = format_timestamp(time.time())
        if answer.status not in _BODILESS:
            headers["Content-Length"] = str(answer.size)
        line = ResponseStartLine("HTTP/1.1", answer.status, HTTPStatus(answer.status).phrase)
        await self._connection.write_headers(line, headers)

    def _log_line(self, line: RequestStartLine, answer: Answer, seconds: float) -> str:
        """Who asked for what, the status, bytes, and seconds; nothing in it moves a terminal."""
        client = getattr(self._connection.context, "remote_ip", "-")
        asked = f"{line.method} {line.path}".encode("unicode_escape").decode()
        return f"{client} {asked[:500]} {answer.status} {answer.size} B {seconds:.3f} s"
