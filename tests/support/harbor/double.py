"""A Harbor in this process: a real docker-registry behind a front that answers as Harbor does.

Every answer is compared with those of real Harbors by tests/contract/test_harbor_recordings.py.
"""

from __future__ import annotations

import secrets
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.support.harbor import artifact_api, background_api, project_api, robot_api, system_api
from tests.support.harbor.answers import Answer, Refused, error, json_answer, text_answer, web_page
from tests.support.harbor.api import path_not_found, serve_api
from tests.support.harbor.faults import Fault, Faults
from tests.support.harbor.registry_front import RegistryFront
from tests.support.harbor.request import Body, Request
from tests.support.harbor.running import RunningHarbor
from tests.support.harbor.state import State
from tests.support.harbor.tokens import serve_token
from tests.support.harbor.upstream import Passed
from tests.support.real_registry import running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Imported for the calls that they register.
_CALLS = (artifact_api, background_api, project_api, robot_api, system_api)
_LONGEST_LINE = 8 << 10  # nginx's large_client_header_buffers
_READING = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Asked:
    """A request that the double answered, and how many bytes of its body it read."""

    method: str
    path: str
    status: int
    body_bytes: int


@dataclass
class HarborDouble:
    """`asked` are all requests, in the order of their answers.

    `unexpected` are those that the double does not know; there must be none when it is stopped.
    """

    state: State
    front: RegistryFront
    storage: Path
    base: str = ""
    asked: list[Asked] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)

    @property
    def running(self) -> RunningHarbor:
        version = ".".join(str(part) for part in self.state.version)
        return RunningHarbor(self.base, *self.state.admin, version)

    @property
    def host(self) -> str:
        return self.base.partition("://")[2]

    def expire_tokens(self) -> None:
        """Make every token that was given out worthless."""
        self.state.token_key = secrets.token_hex(16)

    def answer(self, request: Request) -> Answer:
        try:
            self._check_size(request)
            self._check_cookie(request)
            return self._answer(request)
        except Refused as refused:
            return refused.answer

    def _answer(self, request: Request) -> Answer:
        path = request.path
        if path.startswith("/v2/"):
            return self.front.serve(request)
        if path == "/service/token":
            return serve_token(self.state, request)
        if path == "/api/version":
            return json_answer({"version": "v2.0"}, kind="text/plain; charset=utf-8")
        if path.startswith("/api/v2.0/"):
            answer = serve_api(self.state, request)
            if answer is not None:
                return answer
        self.unexpected.append(f"{request.method} {request.target}")
        if path.startswith("/api/"):
            return path_not_found(request)
        return text_answer(404, "404 page not found\n")

    def _check_size(self, request: Request) -> None:
        if len(request.target) > _LONGEST_LINE:
            raise Refused(web_page(414, "Request-URI Too Large"))
        if any(len(name) + len(text) > _LONGEST_LINE for name, text in request.headers.items()):
            raise Refused(web_page(400, "Request Header Or Cookie Too Large"))

    def _check_cookie(self, request: Request) -> None:
        if "sid=" in request.headers.get("Cookie", "") and request.method not in _READING:
            newer = "CSRF token not found in request"
            what = "CSRF token invalid" if self.state.is_old else newer
            raise Refused(error(403, "FORBIDDEN", what))


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with connections that stay, as behind nginx."""

    protocol_version = "HTTP/1.1"
    double: HarborDouble

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _serve(self) -> None:
        body = Body(self.rfile, self.headers)
        request = Request(self.command, self.path, self.headers, body, self.double.base)
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        fault = self.double.faults.due(f"{self.command} {self.path}")
        if fault:
            self._fail(request, fault)
            return
        answer = self.double.answer(request)
        request.body.read()  # nginx reads on after a refusal, too
        self._send(request, answer)

    def _fail(self, request: Request, fault: Fault) -> None:
        read = 0
        pieces = request.body.pieces()
        while read < fault.after_bytes:
            read += len(next(pieces))
        if fault.status is None:
            self.close_connection = True
            self.connection.close()
            return
        request.body.read()
        self._send(request, fault.answer)

    def _send(self, request: Request, answer: Answer) -> None:
        body = request.body
        count = body.length if not body.is_chunked else 0
        self.double.asked.append(Asked(request.method, request.target, answer.status, count))
        self.send_response_only(answer.status)
        self.send_header("Server", "nginx")
        self.send_header("Set-Cookie", f"sid={secrets.token_hex(16)}; Path=/; HttpOnly")
        headers = dict(answer.headers)
        if not isinstance(answer, Passed) and answer.status not in {204, 304}:
            headers["Content-Length"] = str(len(answer.body))
        for name, text in headers.items():
            is_dropped = request.method == "HEAD" and name == "Content-Length" and not answer.body
            if not (is_dropped and not isinstance(answer, Passed)):
                self.send_header(name, text)
        self.end_headers()
        self._send_body(request, answer)

    def _send_body(self, request: Request, answer: Answer) -> None:
        if isinstance(answer, Passed):
            for piece in answer.pieces():
                self.wfile.write(piece)
        elif request.method != "HEAD":
            self.wfile.write(answer.body)

    # The library looks for these names.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's
        """Nothing: `asked` is the log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """A client that went away is none of the double's business."""


@contextmanager
def running_double(
    directory: Path,
    state: State | None = None,
    certificate: tuple[Path, Path] | None = None,
    address: tuple[str, int] = ("127.0.0.1", 0),
) -> Iterator[HarborDouble]:
    """Run a double that keeps its registry's data below `directory`.

    With a certificate and its key it speaks TLS. At the end it fails on unexpected requests.
    """
    state = state or State()
    with running_registry(directory) as registry:
        double = HarborDouble(state, RegistryFront(state, registry.host), registry.storage)
        handler = type("Handler", (_Handler,), {"double": double})
        server = _Server(address, handler)
        scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        double.base = f"{scheme}://{address[0]}:{server.server_port}"
        state.external_url = state.external_url or double.base
        state.projects or state.make_project("library", {"public": "true"})
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
        assert not double.unexpected, f"unexpected requests: {double.unexpected}"
