"""Who listens on a TCP port of this host, as Linux tells in /proc (proc_net_tcp.txt)."""

from __future__ import annotations

import errno
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LISTENS = "0A"
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def is_taken(port: int) -> bool:
    """Whether something listens on `port`. Raises OSError where this user may not find out."""
    for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104
        try:
            with closing(socket.socket(family)) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family is socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind((anywhere, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            if error.errno not in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:  # no IPv6 here
                raise
    return False


def listener(port: int) -> str:
    """`NAME (process ID)` of who listens on `port`; empty where that cannot be seen."""
    inodes = set(_inodes(port))
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and inodes & set(_sockets(process)):
            with suppress(OSError):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _inodes(port: int) -> Iterator[str]:
    for table in _TABLES:
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _sockets(process: Path) -> Iterator[str]:
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                name = str(descriptor.readlink())
                if name.startswith("socket:["):
                    yield name[len("socket:[") : -1]
