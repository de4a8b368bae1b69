"""`cube-bundle publish`: a bundle into a registry, as an artifact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cube_airgap.bundle import Bundle
from cube_airgap.errors import UsageError
from cube_airgap.registry.registries import Registries
from cube_bundle.cli.oci_address import parse_address
from cube_bundle.publishing import publish as bring
from cube_console.progress import shown_progress
from cube_console.registry_options import access_options, take_registry_access
from cube_console.trusted_keys import trusted, trusted_key_option

_HELP = """Bring a bundle into a registry, so that it can travel through that.

It becomes an OCI artifact: the catalogue is its configuration, and each large blob a layer, so that
the registry keeps what several bundles share once, and only what it lacks is sent. cube-bundle pull
writes the same bundle again, byte for byte. Its images are not there to be pulled one by one: that
is what cube-bundle sync and cube-install push are for.

\b
Examples:
  cube-bundle publish site.tar.zst oci://registry.example/bundles/site:june
"""


@click.command(help=_HELP)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("address", metavar="oci://REGISTRY/REPOSITORY:TAG")
@click.option(
    "--jobs", type=click.IntRange(1, 32), default=4, show_default=True, help="Parallel uploads."
)
@trusted_key_option
@access_options
def publish(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    reference = parse_address(values["address"])
    if reference.tag is None or reference.digest is not None:
        raise UsageError("a bundle is published under a tag", remedy="end the address in :TAG")
    access = take_registry_access(values)
    with Registries(access) as registries, trusted(Bundle.open(values["bundle"])) as opened:
        repository = registries.destination(reference.host).repository(reference.repository)
        progress = shown_progress("publishing", "blobs")
        digest = bring(opened, repository, reference.tag, values["jobs"], progress)
        click.echo(f"{reference} published as {digest}\nbundle {opened.catalogue.digest}")
