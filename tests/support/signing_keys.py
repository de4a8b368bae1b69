"""Key pairs for signing, made by the real openssl."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


@dataclass(frozen=True)
class KeyPair:
    """The files of a private key and of its public one, in PEM."""

    private: Path
    public: Path


def key_pair(directory: Path, name: str, *options: str, passphrase: str = "") -> KeyPair:
    """Make a key of the kind that `options` of `openssl genpkey` say, P-256 by default."""
    private, public = directory / f"{name}.pem", directory / f"{name}.pub"
    sealed = ("-aes-256-cbc", "-pass", f"pass:{passphrase}") if passphrase else ()
    openssl("genpkey", *(options or P256), *sealed, "-out", str(private))
    source = ("-passin", f"pass:{passphrase}") if passphrase else ()
    openssl("pkey", "-in", str(private), *source, "-pubout", "-out", str(public))
    return KeyPair(private, public)


def openssl(*arguments: str) -> str:
    """Run openssl, and return what it says."""
    done = subprocess.run(
        ["openssl", *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout
