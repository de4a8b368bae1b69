"""`cube-install have`: what a registry holds, in a small file to carry out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cube_airgap.disk import write_atomically
from cube_airgap.registry.registries import Registries
from cube_console.amounts import count_text
from cube_console.progress import shown_progress
from cube_install.cli.site_options import jobs_option, take_target, target_options
from cube_push.checks import harbor_at
from cube_push.inventory import Inventory

_HELP = """Write down which blobs the registry holds: a have-list, for the side with internet.

A bundle that is built with it carries only what is missing here. Harbor's artifacts are listed, or
the catalog of any other registry, and each manifest is read; blobs are not. The list goes to
stdout: some 20 bytes for each blob, and no more than digests and names of repositories.

\b
Examples:
  cube-install have --to harbor.example/cube-studio > have.json
  cube-install have -o have.json
"""


@click.command(help=_HELP)
@target_options
@jobs_option
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the list into this file in place of stdout.",
)
def have(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    with Registries(target.access) as registries:
        destination = registries.destination(target.host)
        progress = shown_progress("listing", "manifests")
        inventory = Inventory(destination, values["jobs"], progress)
        harbor = harbor_at(destination)
        if harbor:
            found = inventory.of_harbor(harbor, target.projects)
        else:
            found = inventory.of_registry(target.projects)
    raw = found.encode()
    if values["out"]:
        write_atomically(values["out"], raw)
    else:
        click.echo(raw, nl=False)
    places = count_text(len(found.repositories), "repository path")
    click.echo(f"{target.host} has {count_text(len(found), 'blob')} under {places}", err=True)
