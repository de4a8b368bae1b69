"""`cube-bundle extract`: from a bundle to an OCI image layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cube_airgap.extract import extract as unpack
from cube_bundle.cli.bundle_argument import bundle_argument, opened
from cube_console.amounts import count_text
from cube_console.progress import shown_progress
from cube_console.trusted_keys import trusted_key_option

_HELP = """Unpack a bundle into an OCI image layout.

Every file of the BUNDLE (a file, its volumes, or - for a pipe) is checked against its digest before
it appears in DIR. After an interruption the same command goes on where it was. `tar --zstd -xf`
does the same, but checks nothing.

\b
Examples:
  cube-bundle extract site.tar.zst layout
  skopeo copy oci:layout:docker.io/library/nginx:1.27 docker://registry.example/nginx:1.27
"""


@click.command(help=_HELP)
@bundle_argument
@trusted_key_option
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def extract(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    directory = values["directory"]
    with opened(values["bundle"]) as bundle:
        unpack(bundle, directory, shown_progress("extracting", "members"))
        images = count_text(len(bundle.catalogue.images), "image")
    click.echo(f"{directory} is an OCI image layout of {images}")
