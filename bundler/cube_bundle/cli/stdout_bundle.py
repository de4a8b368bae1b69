"""A bundle that is written to stdout, for a pipe."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cube_airgap.disk import temporary_directory
from cube_airgap.errors import UsageError
from cube_airgap.volumes import BUNDLE_SUFFIX
from cube_bundle.build import Target
from cube_bundle.cli.show_build import streamed_text
from cube_console.progress import shown_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_bundle.order import Prepared

STDOUT = Path("-")


@contextmanager
def opened_target(path: Path, volume_size: int) -> Iterator[Target]:
    """Where a bundle goes; for `-` a place of which nothing but staging is used.

    Raises UsageError, SpaceError.
    """
    if path != STDOUT:
        yield Target(path, volume_size)
        return
    if volume_size or sys.stdout.isatty():
        raise UsageError(
            "a bundle is written to stdout only if that is a pipe or a file, and never in volumes",
            remedy="give -o NAME.tar.zst, or pipe it on, as in: cube-bundle build … -o - | ssh "
            "inside cube-install --bundle -",
        )
    with temporary_directory() as directory:
        yield Target(directory / f"stdout{BUNDLE_SUFFIX}")


def stream(ready: Prepared, jobs: int) -> None:
    """Write the bundle to stdout, and tell on stderr what it is. Raises AirgapError."""
    items = "images and files" if ready.lock.assets else "images"
    size = ready.stream(sys.stdout.buffer, jobs, shown_progress("bundling", items))
    click.echo(streamed_text(ready, size), err=True)
