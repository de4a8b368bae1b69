"""The double's certificates: one CA for all runs of a process."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PEM = serialization.Encoding.PEM
_VALID = timedelta(days=30)


@dataclass(frozen=True)
class Certificates:
    """A CA, a context for a server that it signed, and a client's certificate with its key."""

    ca: bytes
    server: ssl.SSLContext
    client_chain: bytes
    client_key: bytes


@dataclass(frozen=True)
class _Identity:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(_PEM)

    @property
    def key_pem(self) -> bytes:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain)


@cache
def certificates(*addresses: str) -> Certificates:
    """A CA with a server's certificate for IP `addresses`; clients may show one that it signed."""
    authority = _authority()
    names = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
    )
    server = _issued(authority, "server", ExtendedKeyUsageOID.SERVER_AUTH, names)
    client = _issued(authority, "admin", ExtendedKeyUsageOID.CLIENT_AUTH)
    return Certificates(authority.pem, _context(server, authority), client.pem, client.key_pem)


def _context(server: _Identity, authority: _Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:  # the library reads it from files alone
        file.write(server.pem + server.key_pem)
        file.flush()
        context.load_cert_chain(file.name)
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _authority() -> _Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("authority of the double")
    extension = x509.BasicConstraints(ca=True, path_length=0)
    builder = _builder(name, name, key).add_extension(extension, critical=True)
    return _Identity(builder.sign(key, hashes.SHA256()), key)


def _issued(
    authority: _Identity, name: str, use: x509.ObjectIdentifier, *extensions: x509.ExtensionType
) -> _Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name), authority.certificate.subject, key)
    for extension in (x509.ExtendedKeyUsage([use]), *extensions):
        builder = builder.add_extension(extension, critical=False)
    return _Identity(builder.sign(authority.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - _VALID).not_valid_after(now + _VALID)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
