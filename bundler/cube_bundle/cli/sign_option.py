"""The option by which a user has a bundle signed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cube_airgap.signature import SigningKey

sign_key_option = click.option(
    "--sign-key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sign the bundle with this private key (P-256, PEM), so that the other side can tell who "
    "made it. Its passphrase is asked for, or comes from the environment (CUBE_BUNDLE_PASSPHRASE).",
)


def take_sign_key(values: dict[str, Any]) -> SigningKey | None:
    """The key that is named, if one is. Raises UsageError."""
    path = values["sign_key"]
    if path is None:
        return None
    # It takes longer to load than most commands that need none take to run.
    from cube_airgap.signature import (  # noqa: PLC0415
        PASSPHRASE_VARIABLE,
        PassphraseWantedError,
        SigningKey,
    )

    given = os.environ.get(PASSPHRASE_VARIABLE)
    try:
        return SigningKey.read(path, os.fsencode(given) if given else None)
    except PassphraseWantedError:
        if not sys.stdin.isatty():
            raise
    asked = click.prompt(f"Passphrase of {path}", hide_input=True, err=True)
    return SigningKey.read(path, os.fsencode(asked))
