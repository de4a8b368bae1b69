"""A proxy before a real registry that counts what it passes on, and can be slow."""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 64 << 10
_BLOB = re.compile(r"/v2/.+/blobs/(sha256:[0-9a-f]{64})")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_PASSED_ON = ("Content-Type", "Content-Length", "Content-Range", "Docker-Content-Digest", "ETag")


@dataclass
class Served:
    """A blob that was asked for from `start` to `end` (-1: its end), and the bytes sent of that."""

    digest: str
    start: int
    end: int
    sent: int = 0

    @property
    def sent_to(self) -> int:
        return self.start + self.sent


@dataclass
class CountingProxy:
    """A running proxy; `paths` are all requests in order, `blobs` those for blobs.

    `pace` is in bytes a second for each connection, 0 for no limit.
    """

    upstream: str
    pace: int
    host: str = ""
    paths: list[str] = field(default_factory=list)
    blobs: list[Served] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def sent(self) -> int:
        """Bytes of blobs sent so far."""
        return sum(one.sent for one in self.blobs)

    def forget(self) -> None:
        """Count from nothing."""
        self.paths.clear()
        self.blobs.clear()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go in two writes
    proxy: CountingProxy

    def setup(self) -> None:
        # What waits in buffers counts as sent, though nobody may ever read it.
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PIECE)
        super().setup()

    def do_GET(self) -> None:
        self.proxy.paths.append(self.path)
        upstream = HTTPConnection(self.proxy.upstream, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            upstream.request(self.command, self.path, headers=headers)
            self._pass_on(upstream.getresponse())
        except (ConnectionError, TimeoutError):  # the client was killed
            self.close_connection = True
        finally:
            upstream.close()

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def _pass_on(self, answer: HTTPResponse) -> None:
        self.send_response(answer.status)
        for name in _PASSED_ON:
            if value := answer.getheader(name):
                self.send_header(name, value)
        self.end_headers()
        served = self._served() if self.command == "GET" and answer.status in {200, 206} else None
        while piece := answer.read(_PIECE):
            self.wfile.write(piece)
            if served:
                self._count(served, len(piece))

    def _served(self) -> Served | None:
        match = _BLOB.fullmatch(self.path)
        if match is None:
            return None
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        end = int(asked[2]) + 1 if asked and asked[2] else -1
        served = Served(match[1], int(asked[1]) if asked else 0, end)
        self.proxy.blobs.append(served)
        return served

    def _count(self, served: Served, size: int) -> None:
        with self.proxy.changed:
            served.sent += size
            self.proxy.changed.notify_all()
        if self.proxy.pace:
            time.sleep(size / self.proxy.pace)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        if not isinstance(sys.exception(), ConnectionError):  # clients are killed on purpose
            super().handle_error(request, client_address)


@contextmanager
def counting_proxy(upstream: str, pace: int = 0) -> Iterator[CountingProxy]:
    """Run a proxy before the registry `upstream` (HOST:PORT)."""
    proxy = CountingProxy(upstream, pace)
    handler = type("_Handler", (_Handler,), {"proxy": proxy})
    server = _Server(("127.0.0.1", 0), handler)
    proxy.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
