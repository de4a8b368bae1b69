"""`cube-install have`: what a registry holds, in a small file to carry out."""

from __future__ import annotations

import secrets
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.compact_have import FILE_BITS, TEXT_BITS, CompactHaveList
from cube_airgap.disk import write_atomically
from cube_airgap.have_list import HaveList
from cube_airgap.registry.registries import Registries
from cube_console.amounts import count_text
from cube_console.progress import shown_progress
from cube_install.cli.cluster_options import cluster_options, take_cluster
from cube_install.cli.site_options import jobs_option, take_target, target_options
from cube_install.database.asking import images_in_use
from cube_install.database.wanted import image_list, lacking
from cube_push.checks import check_not_all_absent, harbor_at
from cube_push.inventory import Inventory

if TYPE_CHECKING:
    from cube_airgap.registry.destination import Destination
    from cube_push.inventory import Holdings
    from cube_push.target import Target


class Form(StrEnum):
    """How the list is written."""

    PLAIN = "plain"
    COMPACT = "compact"
    PRINTED = "printed"


_HELP = """Write down what the registry holds: a have-list, for the side with internet.

A bundle that is built with it carries only what is missing here. Harbor's artifacts are listed, or
the catalog of any other registry, and each manifest is read; blobs are not. The list goes to
stdout: no more than digests and names of repositories.

\b
--form plain     JSON, some 20 bytes for each blob; says where each of them is
--form compact   a file of some 4 bytes for each; takes one absent blob in 268 million for one that
                 is here, which a push finds out before it writes anything
--form printed   lines to be printed, typed or photographed, each with a check of its own: some four
                 letters for each blob; takes one absent blob in 65,536 for one that is here

With --with-database the platform's database is asked, too, for the images that users' rows name. A
short Job in the cluster does that. Those that the registry lacks are written into a list of images,
to be carried out as well: `cube-bundle build --list wanted.yaml` then brings them.

\b
Examples:
  cube-install have --to harbor.example/cube-studio > have.json
  cube-install have --with-database -o have.json
  cube-install have --form printed | lp
"""


@click.command(help=_HELP)
@target_options
@jobs_option
@click.option(
    "--form",
    type=click.Choice([form.value for form in Form]),
    default=Form.PLAIN.value,
    show_default=True,
    help="How small the list has to be.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the list into this file in place of stdout.",
)
@click.option(
    "--with-database",
    is_flag=True,
    help="Ask the platform's database too, and write what it names and the registry lacks to "
    "--wanted.",
)
@click.option(
    "--wanted",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("wanted.yaml"),
    show_default=True,
    help="The list of images to write with --with-database.",
)
@cluster_options
def have(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    with Registries(target.access) as registries:
        destination = registries.destination(target.host)
        inventory = Inventory(destination, values["jobs"], shown_progress)
        harbor = harbor_at(destination)
        if harbor:
            check_not_all_absent(target.projects, harbor)
            found = inventory.of_harbor(harbor, target.projects)
        else:
            found = inventory.of_registry(target.projects)
        if values["with_database"]:
            _write_wanted(values, target, destination)
    raw = _encoded(target.host, found, Form(values["form"]))
    if values["out"]:
        write_atomically(values["out"], raw)
    else:
        click.echo(raw, nl=False)
    places = count_text(len({name for name, _ in found}), "repository path")
    count = count_text(len({digest for _, digest in found}), "digest")
    click.echo(f"{target.host} has {count} under {places}", err=True)


def _write_wanted(values: dict[str, Any], target: Target, destination: Destination) -> None:
    """Write the list of what users ask for in vain, and tell how much that is."""
    click.echo("asking the platform's database which images its rows name", err=True)
    with closing(take_cluster(values)) as cluster:
        named = images_in_use(cluster)
    progress = shown_progress("asking for", "images")
    wanted = lacking(named, target, destination, values["jobs"], progress)
    told = f"the database names {count_text(len(named), 'image')}"
    if not wanted:
        click.echo(f"{told}, and {target.host} has all of them", err=True)
        return
    write_atomically(values["wanted"], image_list(wanted).encode())
    click.echo(f"{told}; {len(wanted)} that {target.host} lacks: {values['wanted']}", err=True)


def _encoded(host: str, found: Holdings, form: Form) -> bytes:
    """The list in its form; a compact one is salted, so that another one errs elsewhere."""
    if form is Form.PLAIN:
        return HaveList.of(host, found).encode()
    digests = {digest for _, digest in found}
    bits = FILE_BITS if form is Form.COMPACT else TEXT_BITS
    compact = CompactHaveList.of(host, digests, bits, secrets.token_bytes(4))
    return compact.encode() if form is Form.COMPACT else compact.print().encode()
