"""A server that always answers in the same way, or in none that HTTP knows."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


def answering(raw: bytes) -> Callable[[socket.socket], None]:
    """Read a request's head, then send `raw` and close."""

    def act(connection: socket.socket) -> None:
        connection.recv(64 << 10)
        connection.sendall(raw)

    return act


@contextlib.contextmanager
def scripted_server(
    act: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Let `act` treat each connection to a free port of 127.0.0.1; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, act, tls))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(
    listener: socket.socket, act: Callable[[socket.socket], None], tls: ssl.SSLContext | None
) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            if tls is None:
                act(connection)
                continue
            with tls.wrap_socket(connection, server_side=True) as wrapped:
                act(wrapped)
