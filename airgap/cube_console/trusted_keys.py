"""The option by which a user says whose bundles are taken, and holding a bundle to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cube_airgap.bundle import Bundle

_KEYS = f"{__name__}.keys"


def _keep(ctx: click.Context, _: click.Parameter, paths: tuple[Path, ...]) -> None:
    ctx.meta[_KEYS] = paths


trusted_key_option = click.option(
    "--trusted-key",
    "trusted_keys",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    expose_value=False,
    callback=_keep,
    help="Take a bundle only if it is signed with the key that belongs to this public one (PEM). "
    "Repeatable.",
)


def trusted_key_paths() -> tuple[Path, ...]:
    """The keys that the user named."""
    found: tuple[Path, ...] = click.get_current_context().meta.get(_KEYS, ())
    return found


def trusted(bundle: Bundle) -> Bundle:
    """`bundle`, if it is signed as the user demands, or nothing is demanded.

    Otherwise it is closed, and UntrustedError raised; AirgapError for a key that is none.
    """
    try:
        signer(bundle)
    except BaseException:
        bundle.close()
        raise
    return bundle


def signer(bundle: Bundle) -> str | None:
    """Who signed `bundle`, in words; None where no key is named. Raises as trusted() does."""
    paths = trusted_key_paths()
    if not paths:
        return None
    # It takes longer to load than most commands that need none take to run.
    from cube_airgap.signature import TrustedKey, signer_of  # noqa: PLC0415

    key = signer_of(bundle, [TrustedKey.read(path) for path in paths])
    return f"{key.path} ({key.fingerprint})"


def signature_text(bundle: Bundle) -> str:
    """Who signed `bundle`, in a line; empty if nobody did. Raises as trusted() does."""
    signed_by = signer(bundle)
    if not bundle.signature:
        return ""
    return f"signed by {signed_by or 'somebody (name a --trusted-key to be sure)'}"
