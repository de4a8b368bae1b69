"""`cube-install verify`: whether a bundle came across whole."""

from __future__ import annotations

import sys
from typing import Any

import click

from cube_airgap.bundle import Bundle
from cube_console.output_option import output_option
from cube_console.verification import show_verification
from cube_install.cli.bundle_options import bundle_option
from cube_install.cli.site_options import site_option

_HELP = """Check every byte of a bundle, and that none lacks.

Reads the whole bundle (a file, its volumes, or - for a pipe) once, compares every digest, and
follows every image to all that it needs. All findings are told, both what is listed but absent and
what is present but unlisted, and the damaged volumes by name. Exit code 6 if there are any.

\b
Examples:
  cube-install verify --bundle site.tar.zst
  cube-install verify --bundle /media/disk/site.volumes.json
"""


@click.command(help=_HELP)
@bundle_option
@site_option
@output_option
@click.pass_context
def verify(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    path = values["bundle"]
    opened = Bundle.stream(sys.stdin.buffer) if str(path) == "-" else Bundle.open(path)
    with opened as bundle:
        code = show_verification(bundle, path, values["output"])
    ctx.exit(code)
