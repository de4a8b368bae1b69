"""`cube-install push`: from a bundle into a registry."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.bundle import Bundle
from cube_airgap.disk import write_atomically
from cube_airgap.errors import UsageError, raise_all
from cube_airgap.registry.hosts import parse_host
from cube_airgap.registry.registries import Registries
from cube_airgap.relocation import DEFAULT_PROJECT, default_relocation
from cube_console.progress import shown_progress
from cube_console.registry_options import access_options, take_registry_access
from cube_install.cli.show_push import outcome_text, plan_json, plan_text
from cube_install.push.checks import Missing
from cube_install.push.push import Order, prepare
from cube_install.push.relocation_record import encode_relocation
from cube_install.push.sparse_indexes import SparseIndex

if TYPE_CHECKING:
    from cube_install.push.push import Prepared

_HELP = """Push all images of a bundle into a registry: Harbor, or any other one.

Nothing is unpacked: blobs go from the bundle file, or its volumes, straight to the registry. Each
one is sent once and mounted into the other repositories that need it; what is there already is not
sent at all. A tag appears when its image is complete. A push that was stopped or failed goes on
when the same command is run again.

The platform's own images go to HOST/PROJECT/NAME, all others to HOST/PROJECT/ORIGIN-HOST/NAME.
Where each of them is in the end is written to relocation.yaml.

\b
Examples:
  cube-install push --bundle site.tar.zst --to harbor.example --dry-run
  cube-install push --bundle site.tar.zst --to harbor.example/cube-studio --create-project
  cube-install push --bundle site.tar.zst --to 10.0.0.5:5000 --insecure 10.0.0.5:5000
"""


@click.command(help=_HELP)
@click.option(
    "--bundle",
    required=True,
    type=click.Path(path_type=Path),
    help="The bundle: NAME.tar.zst, or one of its volumes.",
)
@click.option(
    "--to",
    required=True,
    metavar="HOST[:PORT][/PROJECT]",
    help=f"The registry, and the project to push into.  [default project: {DEFAULT_PROJECT}]",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Parallel uploads."
)
@click.option(
    "--create-project", is_flag=True, help="Make a Harbor project that is not there, private."
)
@click.option(
    "--sparse-index",
    type=click.Choice([wish.value for wish in SparseIndex]),
    default=SparseIndex.AUTO.value,
    show_default=True,
    help="What becomes of an index of which the bundle has left out platforms. Harbor refuses "
    "those. auto: it is pushed where the registry takes it, else narrowed to the platforms that "
    "are there; keep: it is pushed, or nothing is; narrow: it is always narrowed.",
)
@click.option(
    "--relocation-out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("relocation.yaml"),
    show_default=True,
    help="Where to write what became of each image.",
)
@access_options
@click.option("--dry-run", is_flag=True, help="Look what is there, show the plan, send nothing.")
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown on stdout.",
)
def push(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    access = take_registry_access(values)
    host, project = _parse_target(values["to"])
    is_allowed = values["create_project"] and not values["dry_run"]
    with Registries(access) as registries, _opened(values["bundle"]) as bundle:
        order = Order(
            default_relocation(project),
            registries.destination(host),
            SparseIndex(values["sparse_index"]),
            Missing.CREATED if is_allowed else Missing.REFUSED,
            values["jobs"],
        )
        ready = prepare(bundle, order)
        if values["dry_run"]:
            in_json = values["output"] == "json"
            click.echo(json.dumps(plan_json(ready), indent=1) if in_json else plan_text(ready))
        else:
            _carry_out(ready, values["relocation_out"], values["output"])


def _carry_out(ready: Prepared, record: Path, output: str) -> None:
    began = time.monotonic()
    outcome = ready.carry_out(shown_progress("pushing", "images"))
    write_atomically(record, encode_relocation(outcome, ready.order.destination.host))
    if output == "json":
        click.echo(json.dumps(outcome.to_json(), indent=1))
    else:
        click.echo(outcome_text(outcome, record, time.monotonic() - began))
    raise_all(outcome.errors)


def _parse_target(text: str) -> tuple[str, str]:
    """Host and project. Raises UsageError."""
    host, _, project = text.partition("/")
    return parse_host(host, where="--to"), project.strip("/") or DEFAULT_PROJECT


def _opened(path: Path) -> Bundle:
    if str(path) == "-":
        raise UsageError(
            "a push cannot read its bundle from a pipe: what a registry did not get has to be read "
            "a second time",
            remedy="save the bundle to a file, or mount the disk that has it, and give its path",
        )
    return Bundle.open(path)
