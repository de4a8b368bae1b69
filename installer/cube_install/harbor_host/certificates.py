"""Certificates: those that a site has are looked at, those that it lacks are made."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cube_airgap.disk import writing_to
from cube_airgap.errors import UsageError
from cube_airgap.file_range import read_head
from cube_harbor.secret import write_privately
from cube_install.harbor_host.public_file import write_for_everyone

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

_LARGEST = 1 << 20
_KEYS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
# The clocks of a site without a time server differ.
_BACKDATED = timedelta(days=1)
_AUTHORITY_YEARS, _SERVER_YEARS = 20, 10
_RENEWED_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class Certified:
    """Files in PEM: the server's certificate with its chain, its key, and what vouches for it.

    `authority` is None for a certificate of the site's, of which only the site knows that.
    """

    certificate: Path
    key: Path
    authority: Path | None = None


def check_certificate(path: Path, key: Path, names: tuple[str, ...], now: datetime) -> None:
    """Raise UsageError where Harbor's clients would not take the certificate at `path`."""
    found = _read(path)
    private = _read_key(key)
    if private.public_key() != found.public_key():
        raise _unfit(path, f"it is not for the key {key}", "give the key that it was made with")
    for name in names:
        if not _is_for(found, name):
            told = ", ".join(sorted(_names(found))) or "no host"
            raise _unfit(
                path,
                f"it is for {told}, and not for {name}",
                f"have it made with the subject alternative name {name}; the common name does not "
                "count",
            )
    if found.not_valid_before_utc > now:
        raise _unfit(
            path,
            f"it is not valid before {found.not_valid_before_utc:%Y-%m-%d %H:%M} UTC, and this "
            f"host's clock says {now:%Y-%m-%d %H:%M}",
            "correct the clock, or wait",
        )
    if found.not_valid_after_utc < now:
        raise _unfit(
            path,
            f"it expired on {found.not_valid_after_utc:%Y-%m-%d}",
            "have it renewed; if it did not expire yet, correct this host's clock",
        )


def own_certificate(directory: Path) -> Certified:
    """Where what is made for TLS is kept, whether or not it is there yet."""
    return Certified(directory / "server.crt", directory / "server.key", directory / "ca.crt")


def why_to_make(directory: Path, names: tuple[str, ...], now: datetime) -> str:
    """Why a certificate for `names` is to be made in `directory`; empty where a good one is there.

    Good is one for all names and for 30 days more. Raises UsageError for what cannot be read.
    """
    own = own_certificate(directory)
    if not (own.certificate.exists() and own.key.exists() and (directory / "ca.crt").exists()):
        return "there is none"
    there = _read(own.certificate)
    if there.not_valid_after_utc - _RENEWED_BEFORE <= now:
        return f"it ends on {there.not_valid_after_utc:%Y-%m-%d}"
    missing = [name for name in names if not _is_for(there, name)]
    return f"it is not for {', '.join(missing)}" if missing else ""


def make_certificate(directory: Path, names: tuple[str, ...], now: datetime) -> Certified:
    """Make a certificate for `names` in `directory`, by an authority of the site's own.

    An authority that is there is kept, since nodes trust it. Raises SpaceError, UsageError,
    MissingError.
    """
    made = own_certificate(directory)
    authority, authority_key = directory / "ca.crt", directory / "ca.key"
    with writing_to(directory):
        directory.mkdir(parents=True, exist_ok=True)
    if not authority.exists():
        _make_authority(authority, authority_key, now)
    _make_server(made, _read(authority), _read_key(authority_key), (names, now))
    return made


def _make_authority(path: Path, key_path: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Cube Studio site"),
            # Programs tell authorities apart by their subject.
            x509.NameAttribute(NameOID.COMMON_NAME, f"Registry authority {now:%Y-%m-%d %H:%M:%S}"),
        ]
    )
    builder = _builder(subject, subject, key.public_key(), now, _AUTHORITY_YEARS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    write_privately(key_path, _key_text(key))
    write_for_everyone(path, certificate.public_bytes(serialization.Encoding.PEM))


def _make_server(
    made: Certified,
    authority: x509.Certificate,
    authority_key: CertificateIssuerPrivateKeyTypes,
    subject: tuple[tuple[str, ...], datetime],
) -> None:
    names, now = subject
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    builder = _builder(name, authority.subject, key.public_key(), now, _SERVER_YEARS)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([_general_name(one) for one in names]), critical=False
    )
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
    )
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    )
    certificate = builder.sign(authority_key, hashes.SHA256())
    write_privately(made.key, _key_text(key))
    chain = (certificate, authority)
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
    write_for_everyone(made.certificate, pem)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    years: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = found.get_values_for_type(x509.IPAddress)
    return {*found.get_values_for_type(x509.DNSName), *(str(one) for one in addresses)}


def _is_for(certificate: x509.Certificate, name: str) -> bool:
    names = {one.lower() for one in _names(certificate)}
    _, _, domain = name.lower().partition(".")
    return name.lower() in names or (bool(domain) and f"*.{domain}" in names)


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(read_head(path, _LARGEST))[0]
    except ValueError as error:
        raise _unfit(path, f"it is no certificate in PEM ({error})", "give one in PEM") from None


def _read_key(path: Path) -> CertificateIssuerPrivateKeyTypes:
    try:
        key = serialization.load_pem_private_key(read_head(path, _LARGEST), None)
    except (ValueError, TypeError) as error:
        raise _unfit(
            path,
            f"it is no private key in PEM without a password ({error})",
            "take the password off (openssl pkey), and keep the file to its owner",
        ) from None
    if not isinstance(key, _KEYS):
        raise _unfit(path, "keys of its kind sign nothing", "have an RSA or ECDSA key made")
    return key


def _unfit(path: Path, why: str, remedy: str) -> UsageError:
    return UsageError(f"{path} cannot be used for TLS: {why}", remedy=remedy)
