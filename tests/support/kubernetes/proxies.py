"""A proxy for tests: it opens tunnels (CONNECT) and notes them."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 64 << 10


@dataclass
class TunnelProxy:
    """`tunnels` are the hosts that were asked for; with `login` (NAME:PASSWORD) it wants that.

    Every tunnel goes to `target` if that is set, whatever the host is called.
    """

    login: str = ""
    target: tuple[str, int] | None = None
    port: int = 0
    tunnels: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    proxy: TunnelProxy
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        wanted = f"Basic {base64.b64encode(self.proxy.login.encode()).decode()}"
        if self.proxy.login and self.headers.get("Proxy-Authorization") != wanted:
            self.send_error(407)
            return
        host, _, port = self.path.rpartition(":")
        self.proxy.tunnels.append(self.path)
        with socket.create_connection(self.proxy.target or (host, int(port)), 5) as upstream:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pump, args=(upstream, self.connection))
            back.start()
            _pump(self.connection, upstream)
            back.join()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's
        """Clients go away."""


@contextlib.contextmanager
def tunnel_proxy(login: str = "", target: tuple[str, int] | None = None) -> Iterator[TunnelProxy]:
    """Run a proxy on a free port of 127.0.0.1."""
    proxy = TunnelProxy(login, target)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    proxy.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
