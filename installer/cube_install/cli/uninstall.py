"""`cube-install uninstall`: the stack goes, data and definitions stay."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import UsageError
from cube_console.amounts import count_text
from cube_console.output_option import output_option
from cube_console.progress import shown_progress
from cube_install.cli.cluster_options import cluster_options, take_cluster
from cube_install.cli.site_options import site_option
from cube_install.deploy.uninstallation import Extent, Uninstallation

if TYPE_CHECKING:
    from cube_install.deploy.removal import Removal
    from cube_install.kubernetes.cluster import Cluster

_HELP = """Take the stack off the cluster again: what the cluster's record says is ours.

Volumes, claims, namespaces, secrets and definitions stay, and with them all data, passwords and
what users made; deploying again finds them. --delete-data deletes namespaces with everything in
them, volumes and secrets; directories on nodes are never deleted. --delete-definitions deletes
definitions and with them every object of these kinds, whoever made it.

Either asks for the stack's name to be typed, unless --yes is given.

\b
Examples:
  cube-install uninstall
  cube-install uninstall --delete-data --delete-definitions
"""


@click.command(help=_HELP)
@cluster_options
@site_option
@click.option(
    "--delete-data", is_flag=True, help="Delete namespaces, volumes, claims and secrets too."
)
@click.option(
    "--delete-definitions",
    "--delete-crds",
    is_flag=True,
    help="Delete CustomResourceDefinitions and all objects of their kinds too.",
)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@output_option
def uninstall(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    cluster = take_cluster(values)
    extent = Extent(values["delete_data"], values["delete_definitions"])
    work = Uninstallation(cluster, extent)
    if not values["yes"]:
        _confirm(work, extent, cluster)
    removal = work.run(shown_progress("deleting", "objects"))
    if values["output"] == "json":
        click.echo(json.dumps(_to_json(removal), indent=1))
    else:
        click.echo(_text(removal))


def _confirm(work: Uninstallation, extent: Extent, cluster: Cluster) -> None:
    click.echo(f"{work.stack.name} is taken off {cluster.server}", err=True)
    if extent.data:
        places = ", ".join(work.stack.namespaces)
        click.echo(f"namespaces go with all that users have in them: {places}", err=True)
    for name, count in work.lost_objects().items():
        click.echo(f"{count_text(count, 'object')} of {name} go with it", err=True)
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm this", remedy="give --yes")
    if extent.data or extent.definitions:
        typed = click.prompt(f"Type {work.stack.name} to go on", err=True)
        if typed != work.stack.name:
            raise UsageError("that is another name: nothing was deleted", remedy="type it exactly")
    else:
        click.confirm("Go on?", abort=True, err=True)


def _to_json(removal: Removal) -> dict[str, Any]:
    return {
        "deleted": [str(key) for key in removal.deleted],
        "kept": [str(key) for key in removal.kept],
    }


def _text(removal: Removal) -> str:
    lines = [f"kept: {key}" for key in sorted(removal.kept)]
    kept = count_text(len(removal.kept), "object")
    return "\n".join([*lines, f"{count_text(len(removal.deleted), 'object')} deleted, {kept} kept"])
