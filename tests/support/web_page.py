"""A page that answers, as a gateway leads to one."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Page(BaseHTTPRequestHandler):
    code = 200

    def do_GET(self) -> None:
        self.send_response(self.code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:  # noqa: ANN401
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        """Ask nobody what this host is called, as HTTPServer does: that leaves a closed network."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]


@contextmanager
def answering(code: int = 200, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Answer at a port of this machine, any free one if it is 0, with that status."""
    page = type("Page", (_Page,), {"code": code})
    with _Server((host, port), page) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
