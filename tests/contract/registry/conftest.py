"""Registries of these tests: scripted ones, and a private CA with a server's certificate."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.faulty_registry import ScriptedRegistry, scripted_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class PrivateCa:
    """A CA's certificate, and the certificate and key of a server on 127.0.0.1, as files."""

    ca_file: Path
    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@pytest.fixture(scope="session")
def private_ca(tmp_path_factory: pytest.TempPathFactory) -> PrivateCa:
    directory = tmp_path_factory.mktemp("ca")
    paths = PrivateCa(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    ca = trustme.CA()
    issued = ca.issue_cert("127.0.0.1")
    ca.cert_pem.write_to_path(paths.ca_file)
    issued.cert_chain_pems[0].write_to_path(paths.certificate)
    issued.private_key_pem.write_to_path(paths.key)
    return paths


@pytest.fixture
def scripted() -> Iterator[ScriptedRegistry]:
    with scripted_registry() as running:
        yield running


@pytest.fixture
def other() -> Iterator[ScriptedRegistry]:
    """A second one, which is another host."""
    with scripted_registry() as running:
        yield running
