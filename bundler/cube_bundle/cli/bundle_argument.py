"""The argument by which a user names a bundle to read."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cube_airgap.bundle import Bundle
from cube_console.trusted_keys import trusted

bundle_argument = click.argument("bundle", metavar="BUNDLE", type=click.Path(path_type=Path))


def opened(path: Path) -> Bundle:
    """Open the bundle at `path`, `-` for a pipe at stdin, if the user trusts it.

    Raises AirgapError, UntrustedError too.
    """
    return trusted(Bundle.stream(sys.stdin.buffer) if str(path) == "-" else Bundle.open(path))
