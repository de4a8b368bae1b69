"""The double's HTTP(S) server."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.support.kubernetes.request import Request

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from tests.support.kubernetes.answers import Answer

# The library says: a socket, or for datagrams something else.
Connection = Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    answering: Any

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(
            self.command, self.path, dict(self.headers.items()), raw, self._certified_user()
        )
        answer = type(self).answering(request)
        if answer is None:
            self._reset()
            return
        self.send_response_only(answer.code)
        self.send_header("Date", self.date_time_string())
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        for name, text in headers.items():
            self.send_header(name, text)
        for text in answer.warnings:
            quoted = text.replace("\\", "\\\\").replace('"', '\\"')
            self.send_header("Warning", f'299 - "{quoted}"')
        self.end_headers()
        self.wfile.write(answer.body)

    def _certified_user(self) -> str:
        """The common name of the certificate that the client shows."""
        shown: Any = getattr(self.connection, "getpeercert", dict)() or {}
        parts = dict(pair[0] for pair in shown.get("subject", ()))
        return str(parts.get("commonName", ""))

    def _reset(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Say nothing: the double keeps a list."""

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # clients go away
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Connection, client_address: object) -> None:
        """Do the handshake in the connection's own thread."""
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:  # a client that does not trust us
                return
        with contextlib.closing(request):
            super().finish_request(request, client_address)

    def shutdown_request(self, request: Connection) -> None:
        with contextlib.suppress(OSError):
            super().shutdown_request(request)

    def handle_error(self, request: Connection, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving(
    answering: Callable[[Request], Answer | None], tls: ssl.SSLContext | None
) -> Iterator[int]:
    """Serve on a free port of 127.0.0.1, and give its number.

    Where `answering` has no answer the connection is broken.
    """
    handler = type("Handler", (_Handler,), {"answering": staticmethod(answering)})
    server = _Server(("127.0.0.1", 0), handler)
    server.context = tls
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
