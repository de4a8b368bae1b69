"""Connections without TLS, of which a client that tries TLS first is told at once.

Docker and skopeo try TLS on plain registries. To an HTTP parser the beginning of a handshake is a
long first line, of which it waits for the end, and so does the client for its answer.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from tornado.iostream import IOStream
from tornado.netutil import add_accept_handler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tornado.httpserver import HTTPServer

_HANDSHAKE = b"\x16"  # RFC 8446 section 5.1
_LONGEST_HELLO = 64 << 10
_SILENCE_SECONDS = 60
# A TLS client that reads this knows that it has met plain HTTP, and says so.
_REFUSAL = (
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    b"This registry speaks plain HTTP.\n"
)


def accept_plain(sockets: Sequence[socket.socket], server: HTTPServer) -> None:
    """Hand the connections that `sockets` get to `server`, once it is clear that they speak HTTP.

    Needs a running event loop.
    """
    for one in sockets:
        add_accept_handler(one, partial(_wait_for_first_byte, server))


def _wait_for_first_byte(server: HTTPServer, connection: socket.socket, address: object) -> None:
    loop = asyncio.get_running_loop()
    silence = loop.call_later(_SILENCE_SECONDS, _give_up, connection)
    loop.add_reader(connection, _look, server, connection, address, silence)


def _give_up(connection: socket.socket) -> None:
    asyncio.get_running_loop().remove_reader(connection)
    connection.close()


def _look(
    server: HTTPServer,
    connection: socket.socket,
    address: Any,  # noqa: ANN401 - tornado's
    silence: asyncio.TimerHandle,
) -> None:
    silence.cancel()
    asyncio.get_running_loop().remove_reader(connection)
    with suppress(OSError):  # a client that has gone again
        if connection.recv(1, socket.MSG_PEEK) != _HANDSHAKE:
            server.handle_stream(IOStream(connection), address)
            return
        connection.recv(_LONGEST_HELLO)  # unread bytes would make closing a reset
        connection.send(_REFUSAL)
    connection.close()
