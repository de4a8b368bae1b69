"""Serving a bundle, from its path to the last connection."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_install.serve.listener import Address, close_all, listen, tls_context
from cube_install.serve.proofs import Proofs
from cube_install.serve.pull_guide import PullGuide
from cube_install.serve.registry import Registry
from cube_install.serve.repository import Shelf
from cube_install.serve.served_names import ServedNames
from cube_install.serve.server import Server

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cube_airgap.bundle import Bundle
    from cube_airgap.relocation import Relocation
    from cube_install.serve.server import Log


@dataclass(frozen=True)
class Where:
    """Where to serve: an address, and a certificate with its key where TLS is wanted."""

    address: Address
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Service:
    """All that is ready to be run: it listens already, and answers once it runs."""

    bundle: Bundle
    registry: Registry
    proofs: Proofs
    sockets: list[socket.socket]
    tls: ssl.SSLContext | None
    guide: PullGuide

    async def run(self, log: Log) -> None:
        """Answer until cancelled; `log` gets a line for each request."""
        await Server(self.registry, self.bundle, self.proofs, log).run(self.sockets, self.tls)


@contextmanager
def ready_to_serve(
    bundle: Bundle, where: Where, relocation: Relocation, say: Callable[[str], None]
) -> Iterator[Service]:
    """Listen for who wants something of `bundle`; `say` is told of what cannot be served.

    Raises AirgapError; UsageError for a delta, from which not every image could be pulled.
    """
    tls = tls_context(where.certificate, where.key)
    bundle.catalogue.refuse_delta("served")
    names = ServedNames(bundle.catalogue.images, relocation, Shelf(bundle, say))
    proofs = Proofs()
    registry = Registry(bundle, names, proofs)
    sockets, address = listen(where.address)
    try:
        guide = PullGuide(bundle.catalogue, relocation, address, has_tls=tls is not None)
        yield Service(bundle, registry, proofs, sockets, tls, guide)
    finally:
        close_all(sockets)
