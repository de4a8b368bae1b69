"""The argument by which a user names a bundle to read."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cube_airgap.bundle import Bundle

bundle_argument = click.argument("bundle", metavar="BUNDLE", type=click.Path(path_type=Path))


def opened(path: Path) -> Bundle:
    """Open the bundle at `path`; `-` is a pipe at stdin. Raises AirgapError."""
    return Bundle.stream(sys.stdin.buffer) if str(path) == "-" else Bundle.open(path)
