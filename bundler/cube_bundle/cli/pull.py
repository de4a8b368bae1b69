"""`cube-bundle pull`: a bundle out of a registry, as it was published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cube_airgap.registry.registries import Registries
from cube_airgap.volumes import BUNDLE_SUFFIX
from cube_bundle.build import Target
from cube_bundle.cli.oci_address import parse_address
from cube_bundle.publishing import pull as fetch
from cube_console.amounts import parse_size, size_text
from cube_console.progress import shown_progress
from cube_console.registry_options import registry_options, take_registry_access

_HELP = """Write a bundle that was published into a registry, byte for byte as it was.

A pull that was stopped or failed goes on where it was when the same command is run again.

\b
Examples:
  cube-bundle pull oci://registry.example/bundles/site:june -o site.tar.zst
"""


@click.command(help=_HELP)
@click.argument("address", metavar="oci://REGISTRY/REPOSITORY:TAG")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The bundle to write, NAME{BUNDLE_SUFFIX}.",
)
@click.option(
    "--volume-size", metavar="SIZE", help="Write volumes of this size, as 4G, for small media."
)
@click.option(
    "--jobs", type=click.IntRange(1, 16), default=4, show_default=True, help="Parallel downloads."
)
@registry_options
def pull(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    reference, size = parse_address(values["address"]), values["volume_size"]
    target = Target(values["out"], parse_size(size) if size else 0)
    with Registries(take_registry_access(values)) as registries:
        source = registries.repository(reference)
        progress = shown_progress("pulling", "images")
        built = fetch(source, reference, target, values["jobs"], progress)
    verb = "is there already" if built.already_there else "written"
    click.echo(f"{target.path} {verb}: {size_text(built.size)}\nbundle {built.bundle}")
