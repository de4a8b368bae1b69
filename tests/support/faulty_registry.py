"""An HTTP server that answers by a script: for faults that no real registry shows on demand."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from tests.support.image_factory import OCI_MANIFEST, ImageBlobs

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


class Ending(Enum):
    """What happens after the body's first `cut` bytes."""

    COMPLETE = "all of it is sent"
    CLOSE = "the connection is closed"
    RESET = "the connection is reset"
    STALL = "nothing comes any more"


@dataclass(frozen=True)
class Reply:
    """An answer; `headers` win over those that would be sent anyway."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    ending: Ending = Ending.COMPLETE
    cut: int = 0


@dataclass(frozen=True)
class Seen:
    """A request that came; `peer` is the client's port, which tells connections apart."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    peer: int


Answering: TypeAlias = "Reply | Callable[[Seen], Reply]"


class ScriptedRegistry:
    """Answers each request with the next reply for its path, and never an unforeseen one.

    `/v2/` answers that all is open unless a test says otherwise.
    """

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.host = ""
        self.seen: list[Seen] = []
        self.unexpected: list[str] = []
        self.released = threading.Event()
        self._once: dict[str, list[Answering]] = {}
        self._always: dict[str, Answering] = {"/v2/": Reply(body=b"{}")}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    def expect(self, path: str, *replies: Answering) -> None:
        """Answer `path` with these, one after the other; each must be asked for."""
        self._once.setdefault(path, []).extend(replies)

    def always(self, path: str, reply: Answering) -> None:
        """Answer `path` with this whenever nothing else is expected."""
        self._always[path] = reply

    def hold(self, repository: str, tag: str, one: ImageBlobs) -> None:
        """Serve an image as a registry does, by tag and digests."""
        for digest, blob in one.blobs.items():
            self.always(f"/v2/{repository}/blobs/{digest}", ranged(blob))
        manifest = Reply(body=one.root, headers={"Content-Type": one.media_type})
        for name in (tag, one.digest):
            self.always(f"/v2/{repository}/manifests/{name}", manifest)

    def requests(self, path: str) -> list[Seen]:
        """The requests for `path`, in order."""
        return [seen for seen in self.seen if seen.path.partition("?")[0] == path]

    def answer(self, seen: Seen) -> Reply:
        """The reply to a request, for the server."""
        bare = seen.path.partition("?")[0]
        with self._lock:
            self.seen.append(seen)
            waiting = self._once.get(bare)
            reply = waiting.pop(0) if waiting else self._always.get(bare)
            if reply is None:
                self.unexpected.append(f"{seen.method} {seen.path}")
                return Reply(418, b"unexpected request")
        return reply if isinstance(reply, Reply) else reply(seen)

    def left(self) -> list[str]:
        """Expected requests that did not come."""
        return [path for path, replies in self._once.items() if replies]


def ranged(blob: bytes) -> Callable[[Seen], Reply]:
    """Serves `blob` and ranges of it, as registries do."""

    def answer(seen: Seen) -> Reply:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", seen.headers.get("range", ""))
        if match is None:
            return Reply(body=blob)
        first = int(match[1])
        last = int(match[2]) if match[2] else len(blob) - 1
        told = f"bytes {first}-{last}/{len(blob)}"
        return Reply(206, blob[first : last + 1], {"Content-Range": told})

    return answer


def manifest_reply(raw: bytes, media_type: str = OCI_MANIFEST) -> Reply:
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return Reply(body=raw, headers={"Content-Type": media_type, "Docker-Content-Digest": digest})


@contextlib.contextmanager
def scripted_registry(
    tls: ssl.SSLContext | None = None, *, name: str = "127.0.0.1"
) -> Iterator[ScriptedRegistry]:
    """Run one on a free port, as host `name`; fail at the end on what was not foreseen."""
    registry = ScriptedRegistry("https" if tls else "http")
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"registry": registry})
    )
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    registry.host = f"{name}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield registry
    finally:
        registry.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
    assert not registry.unexpected, f"unexpected requests: {registry.unexpected}"
    assert not registry.left(), f"requests that did not come: {registry.left()}"


class _Handler(BaseHTTPRequestHandler):
    """Looks the reply up in its class's `registry`, and breaks off where the reply says."""

    registry: ClassVar[ScriptedRegistry]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 20

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.registry.answer(
            Seen(self.command, self.path, headers, body, self.client_address[1])
        )
        self.send_response(reply.status)
        defaults = {"Content-Length": str(len(reply.body))}
        for name, value in (defaults | reply.headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        if reply.ending is Ending.COMPLETE:
            self.wfile.write(reply.body)
            return
        self.wfile.write(reply.body[: reply.cut])
        self.close_connection = True
        if reply.ending is Ending.STALL:
            self.registry.released.wait(20)
        if reply.ending is Ending.RESET:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.rfile.close()
            self.wfile.close()
            self.connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _respond  # noqa: N815 - the library's

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # clients go away; that is the point
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
