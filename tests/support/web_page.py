"""A page that answers, as a gateway leads to one."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@contextmanager
def answering(code: int = 200, *, port: int = 0) -> Iterator[int]:
    """Answer at a port of this machine, any free one if it is 0, with that status."""
    page = type("Page", (_Page,), {"code": code})
    with ThreadingHTTPServer(("127.0.0.1", port), page) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
