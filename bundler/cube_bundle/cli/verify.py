"""`cube-bundle verify`: whether a bundle is whole."""

from __future__ import annotations

from typing import Any

import click

from cube_bundle.cli.bundle_argument import bundle_argument, opened
from cube_console.output_option import output_option
from cube_console.trusted_keys import trusted_key_option
from cube_console.verification import show_verification

_HELP = """Check every byte of a bundle, and that none lacks.

Reads the whole BUNDLE (a file, its volumes, or - for a pipe) once, compares every digest, and
follows every image to all that it needs. All findings are told, both what is listed but absent and
what is present but unlisted. Exit code 6 if there are any.

\b
Examples:
  cube-bundle verify site.tar.zst
  ssh outside cat site.tar.zst | cube-bundle verify -
"""


@click.command(help=_HELP)
@bundle_argument
@trusted_key_option
@output_option
@click.pass_context
def verify(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    with opened(values["bundle"]) as bundle:
        code = show_verification(bundle, values["bundle"], values["output"])
    ctx.exit(code)
