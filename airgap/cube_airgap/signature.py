"""A bundle's signature: ECDSA over P-256 and SHA-256 of its catalogue's bytes (docs/format.md).

The catalogue names every digest, so that who signs it signs the bundle. `openssl dgst -verify` and
`cosign verify-blob` of cosign 2 take the same signature and key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from cube_airgap.errors import UntrustedError, UsageError
from cube_airgap.file_range import read_head
from cube_airgap.secret_file import read_secret_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cube_airgap.bundle import Bundle

PASSPHRASE_VARIABLE = "CUBE_BUNDLE_PASSPHRASE"  # noqa: S105 - the name of a variable
_LARGEST_KEY = 64 << 10
_SEALED = b"ENCRYPTED"  # in both forms of PEM: that of PKCS #8, and the older one with headers
_HOW_TO_MAKE_ONE = (
    "make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY.pem"
)


@dataclass(frozen=True)
class SigningKey:
    """A private key that signs bundles."""

    _key: ec.EllipticCurvePrivateKey

    @classmethod
    def read(cls, path: Path, passphrase: bytes | None = None) -> Self:
        """The key in the PEM file at `path`. Raises UsageError, which never quotes any of it."""
        raw = read_secret_file(path, "the signing key", "name a key that you may read")
        key = _private_key(raw, passphrase, path)
        if key is None and passphrase is not None and _SEALED in raw:
            raise UsageError(
                f"the passphrase does not open the signing key {path}",
                remedy=f"give the right one, at a terminal or by {PASSPHRASE_VARIABLE}; where it "
                "is right, the key is damaged",
            )
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not _is_p256(key):
            raise UsageError(
                f"{path} is no private P-256 key in PEM",
                remedy=_HOW_TO_MAKE_ONE,
            )
        return cls(key)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the public key."""
        return _fingerprint(self._key.public_key())

    def sign(self, raw: bytes) -> bytes:
        """The signature of `raw`, in DER, and the same each time (RFC 6979): so are bundles.

        Raises UsageError where this host cannot make such a one.
        """
        try:
            return self._key.sign(raw, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        except UnsupportedAlgorithm:
            raise UsageError(
                "the package cryptography uses an OpenSSL here that cannot sign the same way twice",
                remedy="install its wheel, which brings an OpenSSL of its own, or one that was "
                "built with OpenSSL 3.2 or newer",
            ) from None


class PassphraseWantedError(UsageError):
    """A private key is protected by a passphrase, and none was given."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"the signing key {path} is protected by a passphrase",
            remedy="run the command at a terminal, which asks for it, or put it into the "
            f"environment variable {PASSPHRASE_VARIABLE}",
        )


@dataclass(frozen=True)
class TrustedKey:
    """A public key of somebody whose bundles are taken."""

    path: Path
    _key: ec.EllipticCurvePublicKey

    @classmethod
    def read(cls, path: Path) -> Self:
        """The key in the PEM file at `path`. Raises MissingError, UsageError."""
        raw = read_head(path, _LARGEST_KEY)
        if b"PRIVATE KEY" in raw:
            raise UsageError(
                f"{path} is a private key, which belongs to who signs and to nobody else",
                remedy=f"make the public one of it, where it is kept: openssl pkey -in {path.name} "
                "-pubout -out KEY.pub",
            )
        key = _public_key(raw)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not _is_p256(key):
            raise UsageError(
                f"{path} is no public P-256 key in PEM",
                remedy="get the one that belongs to the key that the bundle was signed with; out "
                "of a certificate it comes by: openssl x509 -pubkey -noout -in FILE",
            )
        return cls(path, key)

    @property
    def fingerprint(self) -> str:
        """By which people compare keys: the SHA-256 of its SubjectPublicKeyInfo (RFC 5280)."""
        return _fingerprint(self._key)

    def has_signed(self, raw: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's, of `raw`."""
        try:
            self._key.verify(signature, raw, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def signer_of(bundle: Bundle, keys: Sequence[TrustedKey]) -> TrustedKey:
    """That one of `keys` which signed `bundle`. Raises UntrustedError where none did."""
    what = f"bundle {bundle.catalogue.digest.short}"
    known = ", ".join(f"{one.path} ({one.fingerprint})" for one in keys)
    if not bundle.signature:
        raise UntrustedError(
            f"{what} is not signed, or its signature is damaged, and only what is signed by "
            f"{known} is taken",
            remedy="use nothing of it: verify it, and carry it again where it is damaged; else ask "
            "who made it for one that was built with --sign-key",
        )
    for key in keys:
        if key.has_signed(bundle.catalogue.raw, bundle.signature):
            return key
    raise UntrustedError(
        f"{what} is signed, and not by {known}",
        remedy="it was changed on its way, or made by somebody else: compare the digest that its "
        "maker's build printed, and ask for the key; use nothing of it until then",
    )


def _private_key(raw: bytes, passphrase: bytes | None, path: Path) -> object:
    """What the PEM `raw` holds; None where that cannot be told."""
    try:
        return load_pem_private_key(raw, passphrase)
    except TypeError:  # a passphrase lacks, or one is given that the key has no need of
        if passphrase is None:
            raise PassphraseWantedError(path) from None
        return _private_key(raw, None, path)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _public_key(raw: bytes) -> object:
    try:
        return load_pem_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _is_p256(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> bool:
    return isinstance(key.curve, ec.SECP256R1)


def _fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(der).hexdigest()}"
