"""Addresses, sockets and TLS."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from cube_airgap.errors import MissingError, NetworkError, UsageError
from cube_install.serve.listener import Address, close_all, listen, tls_context

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:5000", Address("127.0.0.1", 5000)),
        (":80", Address("", 80)),
        ("[::1]:5000", Address("::1", 5000)),
        ("registry.example:0", Address("registry.example", 0)),
    ],
)
def test_an_address_is_read(text: str, expected: Address) -> None:
    assert Address.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize("text", ["", "5000", "127.0.0.1", "::1:5000", "a:b", "a:70000", "[::1]"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no address to listen on"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("host", "loopback", "every"),
    [
        ("127.0.0.1", True, False),
        ("127.8.0.1", True, False),
        ("::1", True, False),
        ("localhost", True, False),
        ("10.0.0.1", False, False),
        ("registry.example", False, False),
        ("0.0.0.0", False, True),
        ("", False, True),
        ("::", False, True),
    ],
)
def test_who_can_reach_it_is_known(host: str, loopback: bool, every: bool) -> None:
    address = Address(host, 1)
    assert (address.is_loopback, address.is_every) == (loopback, every)


def test_a_free_port_is_found_and_told() -> None:
    sockets, address = listen(Address("127.0.0.1", 0))
    try:
        assert address.port == sockets[0].getsockname()[1] > 0
    finally:
        close_all(sockets)


def test_a_port_in_use_is_told_of() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(NetworkError, match="already in use") as refused:
            listen(Address("127.0.0.1", port))
    assert "choose another port" in refused.value.remedy


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_told_of(host: str) -> None:
    with pytest.raises(NetworkError, match=f"cannot listen on {host}:5000"):
        listen(Address(host, 5000))


def test_a_port_that_only_root_may_have_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(self: socket.socket, address: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(socket.socket, "bind", bind)  # the tests may run as root
    with pytest.raises(UsageError, match="may not listen") as refused:
        listen(Address("127.0.0.1", 80))
    assert "1024" in refused.value.remedy


@pytest.fixture
def identity(tmp_path: Path) -> tuple[Path, Path]:
    issued = trustme.CA().issue_cert("localhost")
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    return certificate, key


def test_no_certificate_means_no_tls() -> None:
    assert tls_context(None, None) is None


def test_a_certificate_with_its_key_is_taken(identity: tuple[Path, Path]) -> None:
    context = tls_context(*identity)
    assert isinstance(context, ssl.SSLContext)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_certificate_without_key_is_refused(identity: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="a certificate and its key"):
        tls_context(identity[0], None)


def test_a_file_that_is_not_there_is_told_of(identity: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"other\.key cannot be read"):
        tls_context(identity[0], tmp_path / "other.key")


def test_the_key_of_another_certificate_is_refused(
    identity: tuple[Path, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.key"
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(other)
    with pytest.raises(UsageError, match="cannot be used for TLS: KEY_VALUES_MISMATCH"):
        tls_context(identity[0], other)


def test_what_is_no_certificate_is_refused(identity: tuple[Path, Path], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.crt"
    wrong.write_text("not a certificate")
    with pytest.raises(UsageError, match="cannot be used for TLS"):
        tls_context(wrong, identity[1])


def test_nobody_is_asked_for_the_password_of_a_key(
    identity: tuple[Path, Path], tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    key = serialization.load_pem_private_key(identity[1].read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(UsageError, match="the key is encrypted"):
        tls_context(identity[0], locked)
