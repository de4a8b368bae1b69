"""A front before a real registry that lets all through but what a test wants to go wrong."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

_PIECE = 64 << 10


class How(Enum):
    """What becomes of a request that a fault is about."""

    REFUSE = "answered at once, its body unread, and the connection closed"
    READ_AND_REFUSE = "answered after its body came"
    CUT = "the connection is reset after half of the body"
    LOSE_ANSWER = "let through, and the connection reset in the place of the answer"


@dataclass
class Fault:
    """What happens to the next `times` requests whose `METHOD PATH?QUERY` matches `pattern`.

    Only bodies longer than `longer_than` bytes count.
    """

    pattern: str
    how: How
    status: int = 503
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    longer_than: int = -1


@dataclass(frozen=True)
class Passed:
    """A request that came, how it was answered (0: not at all), and how much body it had."""

    method: str
    path: str
    status: int
    length: int


class FaultyFront:
    """Sends requests on to the registry at `upstream`; `on_request` may look at each first.

    `new_location` changes what the registry says of uploads, `rewrite` the paths that it sees.
    """

    def __init__(self, upstream: str, pace: float) -> None:
        self.upstream = upstream
        self.pace = pace
        self.active = 0
        self.changed = threading.Condition()
        self.host = ""
        self.faults: list[Fault] = []
        self.passed: list[Passed] = []
        self.on_request: Callable[[str], None] = lambda _line: None
        self.new_location: Callable[[str], str] = lambda location: location
        self.rewrite: Callable[[str], str] = lambda path: path
        self._lock = threading.Lock()

    def fail(self, pattern: str, how: How, **more: object) -> None:
        """Let something go wrong; see Fault."""
        self.faults.append(Fault(pattern, how, **more))  # type: ignore[arg-type]

    def fault_for(self, line: str, length: int) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.times and length > fault.longer_than and re.search(fault.pattern, line):
                    fault.times -= 1
                    return fault
        return None

    def wait_until_idle(self) -> None:
        """Until all that ended clients had sent has been treated, and no client is connected."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.active == 0, timeout=30)

    def count(self, step: int) -> None:
        with self.changed:
            self.active += step
            self.changed.notify_all()

    def note(self, passed: Passed) -> None:
        with self._lock:
            self.passed.append(passed)

    def requests(self, method: str, part: str = "") -> list[Passed]:
        """What came by that method with `part` in its path, in order."""
        return [one for one in self.passed if one.method == method and part in one.path]


@contextlib.contextmanager
def faulty_front(
    upstream: str, tls: ssl.SSLContext | None = None, *, pace: float = 0
) -> Iterator[FaultyFront]:
    """Run one on a free port before the registry at `upstream` (HOST:PORT, plain HTTP).

    `pace` is how many seconds it takes for each 64 KiB of a body.
    """
    front = FaultyFront(upstream, pace)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"front": front}))
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    front.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    front: ClassVar[FaultyFront]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 20

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        line = f"{self.command} {self.path}"
        self.front.on_request(line)
        fault = self.front.fault_for(line, length)
        upstream = http.client.HTTPConnection(self.front.upstream, timeout=20)
        with contextlib.closing(upstream):
            if fault is None:
                self._let_through(upstream, length)
            else:
                self._fail(fault, upstream, length)

    def _fail(self, fault: Fault, upstream: http.client.HTTPConnection, length: int) -> None:
        self.close_connection = True
        if fault.how is How.LOSE_ANSWER:
            self._send_on(upstream, length)
            upstream.getresponse().read()
            self._note(0, length)
            self._reset()
        elif fault.how is How.CUT:
            self._send_on(upstream, length // 2)
            self._note(0, length // 2)
            self._reset()
        else:
            if fault.how is How.READ_AND_REFUSE:
                self._discard(length)
            self._note(fault.status, 0)
            self._answer(fault.status, {"Connection": "close"} | fault.headers, fault.body)

    def _let_through(self, upstream: http.client.HTTPConnection, length: int) -> None:
        if not self._send_on(upstream, length):
            self.close_connection = True
            return
        response = upstream.getresponse()
        body = response.read()
        headers = {
            name: value
            for name, value in response.getheaders()
            if name.lower() not in {"connection", "transfer-encoding", "content-length", "date"}
        }
        if "Location" in headers:
            headers["Location"] = self.front.new_location(headers["Location"])
        told = response.getheader("Content-Length")
        if self.command == "HEAD" and told:
            headers["Content-Length"] = told
        self._note(response.status, length)
        self._answer(response.status, headers, body)

    def _send_on(self, upstream: http.client.HTTPConnection, length: int) -> bool:
        """Send the request on, with the first `length` bytes of its body; False if fewer came."""
        path = self.front.rewrite(self.path)
        upstream.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders()
        while length and (piece := self.rfile.read(min(length, _PIECE))):
            upstream.send(piece)
            time.sleep(self.front.pace)
            length -= len(piece)
        return not length

    def _discard(self, length: int) -> None:
        while length:
            piece = self.rfile.read(min(length, _PIECE))
            if not piece:
                return
            length -= len(piece)

    def _note(self, status: int, length: int) -> None:
        self.front.note(Passed(self.command, self.path, status, length))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _reset(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _respond  # noqa: N815 - theirs

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        self.front.count(1)
        try:
            with contextlib.suppress(OSError, ValueError):  # clients go away; that is the point
                super().handle()
        finally:
            self.front.count(-1)

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
