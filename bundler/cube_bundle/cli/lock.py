"""`cube-bundle lock`: from images to their digests."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from cube_airgap.disk import write_atomically
from cube_airgap.registry.registries import Registries
from cube_bundle.cli.image_options import image_options, take_requests, take_selection
from cube_bundle.lock import LOCK_SUFFIX, Lock
from cube_bundle.resolution import Resolver
from cube_console.amounts import count_text
from cube_console.progress import shown_progress
from cube_console.registry_options import registry_options, take_registry_access

_HELP = f"""Resolve images to digests, for review or a later build.

The lock is YAML that a person can read: each image with its digest, platforms and what is attached
to it. `cube-bundle build --lock` builds just that, however the tags move meanwhile.

\b
Examples:
  cube-bundle lock nginx:1.27
  cube-bundle lock --list core -o core{LOCK_SUFFIX}
"""


@click.command(help=_HELP)
@image_options
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The file to write, NAME{LOCK_SUFFIX}.  [default: stdout]",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Parallel look-ups."
)
@registry_options
def lock(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    access = take_registry_access(values)
    requests, selection = take_requests(values), take_selection(values)
    looking = shown_progress("resolving", "images")
    with Registries(access) as registries, tempfile.TemporaryDirectory() as staging:
        resolver = Resolver(registries, Path(staging), values["jobs"], looking)
        trees = resolver.resolve(requests, selection)
    text = Lock(tuple(tree.image for tree in trees)).encode()
    if values["out"] is None:
        click.echo(text.decode(), nl=False)
    else:
        write_atomically(values["out"], text)
        click.echo(f"{values['out']} written: {count_text(len(trees), 'image')}")
