"""Keys as openssl makes them, and signatures as it takes them."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING, Any, cast

import pytest
from cryptography.exceptions import UnsupportedAlgorithm

from cube_airgap.bundle import Bundle
from cube_airgap.errors import UntrustedError, UsageError
from cube_airgap.signature import PassphraseWantedError, SigningKey, TrustedKey, signer_of
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.signing_keys import KeyPair, key_pair, openssl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RAW = b'{"a": 1}\n'


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return key_pair(tmp_path_factory.mktemp("keys"), "ours")


@pytest.fixture
def bundle(tmp_path: Path, keys: KeyPair) -> Iterator[Bundle]:
    tiny = tiny_bundle({"quay.io/a/b:1": make.image([make.layer({"a": b"a"})])})
    tiny.signature = SigningKey.read(keys.private).sign(tiny.raw_catalogue)
    with Bundle.open(tiny.write(tmp_path / "signed.tar.zst")) as opened:
        yield opened


def test_openssl_takes_our_signature(keys: KeyPair, tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(RAW)
    (tmp_path / "sig").write_bytes(SigningKey.read(keys.private).sign(RAW))

    said = openssl(
        *("dgst", "-sha256", "-verify", str(keys.public)),
        *("-signature", str(tmp_path / "sig"), str(tmp_path / "raw")),
    )

    assert said == "Verified OK\n"


def test_we_take_openssls_signature(keys: KeyPair, tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(RAW)
    signature = tmp_path / "sig"
    openssl(
        *("dgst", "-sha256", "-sign", str(keys.private), "-out", str(signature)),
        str(tmp_path / "raw"),
    )

    assert TrustedKey.read(keys.public).has_signed(RAW, signature.read_bytes())


def test_the_same_is_signed_the_same(keys: KeyPair) -> None:
    key = SigningKey.read(keys.private)

    assert key.sign(RAW) == key.sign(RAW)
    assert key.sign(RAW) != key.sign(RAW + b" ")


class KeyOfOldOpenSsl:
    """What signs by an OpenSSL before 3.2, as cryptography has it."""

    def sign(self, *_: object) -> bytes:
        raise UnsupportedAlgorithm("deterministic signing is not supported")


def test_an_openssl_that_is_too_old_is_told() -> None:
    with pytest.raises(UsageError, match="cannot sign the same way twice"):
        SigningKey(cast("Any", KeyOfOldOpenSsl())).sign(RAW)


@pytest.mark.parametrize("signature", [b"", b"signature", bytes(70)])
def test_what_is_no_signature_signs_nothing(keys: KeyPair, signature: bytes) -> None:
    assert not TrustedKey.read(keys.public).has_signed(RAW, signature)


def test_both_keys_have_the_fingerprint_that_openssl_gives(keys: KeyPair) -> None:
    command = ["openssl", "pkey", "-pubin", "-in", str(keys.public), "-outform", "DER"]
    der = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
    expected = f"sha256:{hashlib.sha256(der).hexdigest()}"

    assert TrustedKey.read(keys.public).fingerprint == expected
    assert SigningKey.read(keys.private).fingerprint == expected


def test_a_key_that_everyone_may_read_is_refused(keys: KeyPair, tmp_path: Path) -> None:
    copy = tmp_path / "copy.pem"
    copy.write_bytes(keys.private.read_bytes())
    copy.chmod(0o644)

    with pytest.raises(UsageError, match="everyone on this host may use the signing key") as caught:
        SigningKey.read(copy)
    assert f"chmod o-rwx {copy}" in caught.value.remedy


def test_a_passphrase_opens_its_key(tmp_path: Path) -> None:
    sealed = key_pair(tmp_path, "sealed", passphrase="open sesame")

    with pytest.raises(PassphraseWantedError, match="protected by a passphrase"):
        SigningKey.read(sealed.private)
    with pytest.raises(UsageError, match="the passphrase does not open") as caught:
        SigningKey.read(sealed.private, b"open barley")
    signature = SigningKey.read(sealed.private, b"open sesame").sign(RAW)

    assert TrustedKey.read(sealed.public).has_signed(RAW, signature)
    assert "barley" not in str(caught.value)


def test_a_passphrase_that_is_not_needed_does_no_harm(keys: KeyPair) -> None:
    assert SigningKey.read(keys.private, b"unused").sign(RAW)


@pytest.mark.parametrize(
    "options",
    [
        ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
        ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
        ("-algorithm", "ED25519"),
    ],
)
def test_keys_of_other_kinds_are_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    other = key_pair(tmp_path, "other", *options)

    with pytest.raises(UsageError, match="no private P-256 key") as caught:
        SigningKey.read(other.private)
    assert "openssl genpkey" in caught.value.remedy
    with pytest.raises(UsageError, match="no public P-256 key"):
        TrustedKey.read(other.public)


@pytest.mark.parametrize("kind", ["parameters before", "older form", "line ends of Windows"])
def test_a_key_is_read_as_the_tools_of_others_write_it(
    keys: KeyPair, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "key.pem"
    if kind == "parameters before":
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", str(path))
        assert path.read_bytes().startswith(b"-----BEGIN EC PARAMETERS")
    elif kind == "older form":
        openssl("ec", "-in", str(keys.private), "-out", str(path))
        assert path.read_bytes().startswith(b"-----BEGIN EC PRIVATE KEY")
    else:
        path.write_bytes(keys.private.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o600)

    assert SigningKey.read(path).sign(RAW)


def test_the_passphrase_of_the_older_form_opens_it(keys: KeyPair, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    openssl("ec", "-in", str(keys.private), "-aes256", "-passout", "pass:x", "-out", str(path))
    path.chmod(0o600)

    assert SigningKey.read(path, b"x").sign(RAW)
    with pytest.raises(PassphraseWantedError):
        SigningKey.read(path)
    with pytest.raises(UsageError, match="the passphrase does not open"):
        SigningKey.read(path, b"y")


def test_a_certificate_is_no_key(keys: KeyPair, tmp_path: Path) -> None:
    path = tmp_path / "cert.pem"
    openssl("req", "-new", "-x509", "-key", str(keys.private), "-subj", "/CN=a", "-out", str(path))

    with pytest.raises(UsageError, match="no public P-256 key") as caught:
        TrustedKey.read(path)
    assert "openssl x509 -pubkey" in caught.value.remedy


def test_a_private_key_is_not_taken_for_a_public_one(keys: KeyPair) -> None:
    with pytest.raises(UsageError, match="is a private key") as caught:
        TrustedKey.read(keys.private)
    assert "-pubout" in caught.value.remedy


def test_what_is_no_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----\n")

    with pytest.raises(UsageError, match="no public P-256 key in PEM"):
        TrustedKey.read(tmp_path / "key")


def test_of_several_keys_the_one_that_signed_is_told(
    bundle: Bundle, keys: KeyPair, tmp_path: Path
) -> None:
    other = TrustedKey.read(key_pair(tmp_path, "other").public)
    ours = TrustedKey.read(keys.public)

    assert signer_of(bundle, [other, ours]) == ours


def test_a_bundle_of_somebody_else_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    other = TrustedKey.read(key_pair(tmp_path, "other").public)

    with pytest.raises(UntrustedError, match=f"signed, and not by .*{other.fingerprint}"):
        signer_of(bundle, [other])


def test_a_bundle_without_a_signature_is_refused(keys: KeyPair, tmp_path: Path) -> None:
    tiny = tiny_bundle({"quay.io/a/b:1": make.image([make.layer({"a": b"a"})])})

    with (
        Bundle.open(tiny.write(tmp_path / "plain.tar.zst")) as plain,
        pytest.raises(UntrustedError, match="is not signed") as caught,
    ):
        signer_of(plain, [TrustedKey.read(keys.public)])
    assert "--sign-key" in caught.value.remedy
