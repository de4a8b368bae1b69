from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import trustme

from cube_airgap.errors import AirgapError, AuthenticationError, NetworkError
from cube_install.kubernetes.access import (
    ClientCertificate,
    ClusterAccess,
    FixedCredentials,
    Identity,
)
from cube_install.kubernetes.patience import PassingFault, Patience
from cube_install.kubernetes.transport import Request, Transport
from tests.support.kubernetes.proxies import tunnel_proxy
from tests.support.kubernetes.scripted import answering, scripted_server
from tests.support.real_registry import free_port

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tests.support.kubernetes.json_types import Json

NOW = datetime.now(UTC)
OUTAGE = 7.0
AUTHORITY = trustme.CA()
NOBODY = Identity()


def sent(server: str, identity: Identity = NOBODY, **more: Json) -> None:
    """Ask for something, and close all connections."""
    credentials = FixedCredentials("user one in config")
    access = ClusterAccess(server, "context one in config", credentials, **more)
    transport = Transport(access, Patience(connect=2, read=0.5, outage=OUTAGE))
    try:
        transport.send(Request("GET", "/version"), identity)
    finally:
        transport.close()


def passing(server: str, **more: Json) -> PassingFault:
    with pytest.raises(PassingFault) as caught:
        sent(server, **more)
    assert caught.value.patience == OUTAGE
    return caught.value


def lasting(server: str, **more: Json) -> AirgapError:
    with pytest.raises(AirgapError) as caught:
        sent(server, **more)
    return caught.value


def test_a_server_that_is_not_there_may_come_back() -> None:
    fault = passing(f"https://127.0.0.1:{free_port()}")

    assert "cannot be connected to: connection refused" in str(fault.error)
    assert "context one in config" in fault.error.remedy
    assert not fault.is_lost


def test_a_name_that_cannot_be_resolved_is_told() -> None:
    fault = passing("https://no-such-host.invalid:6443")

    assert "its name cannot be resolved" in str(fault.error)
    assert not fault.is_lost


def silent(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.recv(1000)


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (silent, "does not answer a request in time"),
        (answering(b""), "breaks the connection"),
        (
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
            "ends its answer too early",
        ),
        (answering(b"SSH-2.0-OpenSSH\r\n"), "breaks the connection"),
    ],
)
def test_a_request_may_be_done_whose_answer_is_lost(
    act: Callable[[socket.socket], None], what: str
) -> None:
    with scripted_server(act) as port:
        fault = passing(f"http://127.0.0.1:{port}")

    assert what in str(fault.error)
    assert fault.is_lost


def test_addresses_of_objects_are_not_told() -> None:
    with scripted_server(answering(b"")) as port:
        fault = passing(f"http://127.0.0.1:{port}")

    assert "0x" not in str(fault.error)


def served_by(**issued: Json) -> ssl.SSLContext:
    """A server's context for 127.0.0.1, valid as said."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1", **issued).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("context", "what"),
    [
        (served_by(not_after=NOW - timedelta(days=1)), "it has expired"),
        (served_by(not_before=NOW + timedelta(days=1)), "it is not valid yet"),
    ],
)
def test_a_certificate_of_another_time_makes_one_look_at_clocks(
    context: ssl.SSLContext, what: str
) -> None:
    with scripted_server(answering(b""), context) as port:
        error = lasting(f"https://127.0.0.1:{port}", ca=AUTHORITY.cert_pem.bytes())

    assert isinstance(error, NetworkError)
    assert what in str(error)
    assert "check the clock" in error.remedy


def test_a_certificate_of_an_unknown_authority_is_told() -> None:
    with scripted_server(answering(b""), served_by()) as port:
        error = lasting(f"https://127.0.0.1:{port}", ca=trustme.CA().cert_pem.bytes())

    assert "is not trusted" in str(error)
    assert "correct the certificate authority of context one in config" in error.remedy


def test_a_certificate_of_another_name_is_told() -> None:
    with scripted_server(answering(b""), served_by()) as port:
        error = lasting(f"https://localhost:{port}", ca=AUTHORITY.cert_pem.bytes())

    assert "tls-server-name" in error.remedy


def test_plain_http_is_told() -> None:
    with scripted_server(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        error = lasting(f"https://127.0.0.1:{port}", ca=AUTHORITY.cert_pem.bytes())

    assert str(error).endswith("speaks plain HTTP where TLS is expected")


def wanting_certificates() -> ssl.SSLContext:
    context = served_by()
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # later ones tell it after the handshake
    context.load_verify_locations(cadata=AUTHORITY.cert_pem.bytes().decode())
    return context


def test_a_client_certificate_that_the_server_does_not_like_is_told() -> None:
    other = trustme.CA().issue_cert("me@example")
    shown = ClientCertificate(other.cert_chain_pems[0].bytes(), other.private_key_pem.bytes())
    with scripted_server(answering(b""), wanting_certificates()) as port:
        server, ca = f"https://127.0.0.1:{port}", AUTHORITY.cert_pem.bytes()
        error = lasting(server, identity=Identity(certificate=shown), ca=ca)

    assert isinstance(error, AuthenticationError)
    assert "does not accept the client certificate of user one in config" in str(error)


def test_a_server_that_refuses_the_handshake_is_told() -> None:
    with scripted_server(answering(b""), wanting_certificates()) as port:
        error = lasting(f"https://127.0.0.1:{port}", ca=AUTHORITY.cert_pem.bytes())

    assert "refuses TLS: sslv3 alert handshake failure" in str(error)


def test_a_proxy_that_is_not_there_is_told_without_its_password() -> None:
    port = free_port()

    fault = passing("https://one.example:6443", proxy=f"http://me:geheim@127.0.0.1:{port}")

    assert "the proxy on the way to the API server" in str(fault.error)
    assert "geheim" not in str(fault.error) + fault.error.remedy


def test_a_proxy_that_wants_a_password_is_told() -> None:
    with tunnel_proxy("me:geheim") as proxy:
        fault = passing("https://one.example:6443", proxy=f"http://127.0.0.1:{proxy.port}")

    assert "the proxy on the way to the API server" in str(fault.error)
    assert "proxy-url" in fault.error.remedy
