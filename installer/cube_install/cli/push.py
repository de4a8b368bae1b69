"""`cube-install push`: from a bundle into a registry."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import click

from cube_airgap.errors import raise_all
from cube_airgap.registry.registries import Registries
from cube_console.order_options import order_options, relocation_out_option, take_order
from cube_console.output_option import output_option
from cube_console.show_push import plan_json, plan_text
from cube_install.cli.bundle_options import bundle_option, opened_or_piped
from cube_install.cli.pushing import (
    allow_older_option,
    carry_out,
    check_succession,
    pushed,
    show_done,
)
from cube_install.cli.site_options import take_target, target_options
from cube_push.checks import Missing
from cube_push.push import prepare

_HELP = """Push all images of a bundle into a registry: Harbor, or any other one.

Nothing is unpacked: blobs go from the bundle file, or its volumes, straight to the registry. Each
one is sent once and mounted into the other repositories that need it; what is there already is not
sent at all. A tag appears when its image is complete. A push that was stopped or failed goes on
when the same command is run again.

The platform's own images go to HOST/PROJECT/NAME, all others to HOST/PROJECT/ORIGIN-HOST/NAME.
Where each of them is in the end is written to relocation.yaml, and recorded in the registry: see
cube-install status.

\b
Examples:
  cube-install push --bundle site.tar.zst --to harbor.example --dry-run
  cube-install push --bundle site.tar.zst --to harbor.example/cube-studio --create-project
  cube-install push --bundle site.tar.zst --to 10.0.0.5:5000 --insecure 10.0.0.5:5000
"""


@click.command(help=_HELP)
@bundle_option
@target_options
@order_options
@relocation_out_option
@allow_older_option
@click.option("--dry-run", is_flag=True, help="Look what is there, show the plan, send nothing.")
@output_option
def push(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    is_dry = values["dry_run"]
    with Registries(target.access) as registries, opened_or_piped(values["bundle"]) as bundle:
        order = take_order(values, target, registries)
        if is_dry:
            order = replace(order, missing=Missing.REFUSED)
        ready = prepare(pushed(bundle), order)
        check_succession(ready, target, values)
        if is_dry:
            in_json = values["output"] == "json"
            click.echo(json.dumps(plan_json(ready), indent=1) if in_json else plan_text(ready))
        else:
            done = carry_out(ready, target, values["relocation_out"])
            show_done(done, values["output"])
            raise_all(done.errors)
