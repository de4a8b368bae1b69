"""Where to listen: address and TLS, checked before anything is served."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Self

from cube_airgap.errors import MissingError, NetworkError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\[\]:]*)):(?P<port>[0-9]{1,5})")
_LARGEST_PORT = 65535
_FIRST_FREE_PORT = 1024


@dataclass(frozen=True)
class Address:
    """HOST:PORT to listen on; an empty host is every address of this machine, port 0 any free."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read HOST:PORT, [IPV6]:PORT or :PORT. Raises UsageError."""
        match = _ADDRESS.fullmatch(text)
        if match is None or int(match["port"]) > _LARGEST_PORT:
            raise UsageError(
                f"{text[:100]!r} is no address to listen on",
                remedy="write HOST:PORT, as 127.0.0.1:5000, or :5000 for every address of this "
                "machine",
            )
        return cls(match["v6"] or match["host"], int(match["port"]))

    @property
    def is_every(self) -> bool:
        """Whether it stands for all addresses of this machine."""
        return self.host in {"", "0.0.0.0", "::"}  # noqa: S104 - it is compared

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def listen(address: Address) -> tuple[list[socket.socket], Address]:
    """Sockets that listen on `address`, and the address with the port that they got.

    Raises NetworkError, and UsageError for a port that this user may not have.
    """
    try:
        sockets = _bound(address)
    except OSError as error:
        _fail(address, error)
    for one in sockets:
        one.settimeout(0)
    return sockets, Address(address.host, sockets[0].getsockname()[1])


def _bound(address: Address) -> list[socket.socket]:
    if not address.host:
        dual = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if dual else socket.AF_INET
        return [socket.create_server(("", address.port), family=family, dualstack_ipv6=dual)]
    port = address.port
    with ExitStack() as opened:
        sockets = []
        # A name may have several addresses, all of which get the same port.
        for family, _, _, _, (host, *_) in _addresses(address.host):
            sockets.append(socket.create_server((host, port), family=family))
            opened.push(sockets[-1])
            port = sockets[0].getsockname()[1]
        opened.pop_all()
    return sockets


def _addresses(host: str) -> list[tuple[socket.AddressFamily, Any, Any, Any, Any]]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(found))


def _fail(address: Address, error: OSError) -> NoReturn:
    if error.errno == errno.EACCES:
        raise UsageError(
            f"this user may not listen on {address}",
            remedy=f"choose a port from {_FIRST_FREE_PORT} on with --listen, or run it as root",
        ) from None
    remedies = {
        errno.EADDRINUSE: "something else listens there (`ss -ltnp` says what): stop it, or choose "
        "another port with --listen",
        errno.EADDRNOTAVAIL: "give an address that this machine has (`ip address` lists them), or "
        f":{address.port} for all of them",
    }
    other = "give an address of this machine and a free port with --listen"
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 else error.strerror  # names have numbers below 0
    raise NetworkError(
        f"cannot listen on {address}: {reason}", remedy=remedies.get(number, other)
    ) from None


def tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """TLS with a PEM certificate (its chain behind it) and key; None where neither is given.

    Raises UsageError or MissingError.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise UsageError(
            "TLS takes a certificate and its key", remedy="give both --tls-cert and --tls-key"
        )
    for path in (certificate, key):
        if not os.access(path, os.R_OK):
            raise MissingError(
                f"{path} cannot be read", remedy="check that it exists and that you may read it"
            )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_refuse_password)
    except (ssl.SSLError, _EncryptedKeyError, OSError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise UsageError(
            f"{certificate} and {key} cannot be used for TLS: {reason}",
            remedy="give a certificate in PEM, with its chain behind it, and the key that belongs "
            "to it, without a password",
        ) from None
    return context


class _EncryptedKeyError(Exception):
    """The key asks for a password, and nobody may be there to type it."""


def _refuse_password() -> NoReturn:
    raise _EncryptedKeyError("the key is encrypted")


def close_all(sockets: Sequence[socket.socket]) -> None:
    """Stop listening."""
    for one in sockets:
        one.close()
