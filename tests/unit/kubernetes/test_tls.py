from __future__ import annotations

import ssl

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from cube_airgap.errors import UsageError
from cube_install.kubernetes.access import ClientCertificate, ClusterAccess, FixedCredentials
from cube_install.kubernetes.tls import tls_context

AUTHORITY = trustme.CA()
ONE = AUTHORITY.issue_cert("one.example")
OTHER = AUTHORITY.issue_cert("other.example")
CHAIN = ONE.cert_chain_pems[0].bytes()
KEY = ONE.private_key_pem.bytes()


def access(ca: bytes = b"", *, is_insecure: bool = False) -> ClusterAccess:
    return ClusterAccess(
        "https://one.example",
        "context one",
        FixedCredentials("user one"),
        ca=ca,
        is_insecure=is_insecure,
    )


def test_only_the_clusters_authorities_are_trusted() -> None:
    context = tls_context(access(AUTHORITY.cert_pem.bytes()), None)

    assert len(context.get_ca_certs()) == 1
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_without_an_authority_those_of_the_system_are_trusted() -> None:
    assert tls_context(access(), None).verify_mode is ssl.CERT_REQUIRED


def test_authorities_without_key_identifiers_will_do() -> None:
    assert not tls_context(access(), None).verify_flags & ssl.VERIFY_X509_STRICT


def test_where_the_kubeconfig_says_so_nothing_is_verified() -> None:
    context = tls_context(access(is_insecure=True), None)

    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname


@pytest.mark.parametrize("ca", [b"no certificate", b"\xff\xfe"])
def test_an_authority_that_is_none_is_told(ca: bytes) -> None:
    with pytest.raises(UsageError, match="the certificate authority of context one is no"):
        tls_context(access(ca), None)


def test_a_certificate_with_its_key_is_taken() -> None:
    tls_context(access(), ClientCertificate(CHAIN, KEY))


def with_password() -> bytes:
    key = load_pem_private_key(KEY, None)
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"geheim")
    )


@pytest.mark.parametrize(
    ("chain", "key", "why"),
    [
        (CHAIN, OTHER.private_key_pem.bytes(), "its key belongs to another certificate"),
        (b"no certificate", KEY, "it is no certificate with its key in PEM format"),
        (CHAIN, b"no key", "it is no certificate with its key in PEM format"),
        (CHAIN, with_password(), "its key has a password"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told(chain: bytes, key: bytes, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        tls_context(access(), ClientCertificate(chain, key))

    assert str(caught.value) == f"the client certificate of user one cannot be used: {why}"
