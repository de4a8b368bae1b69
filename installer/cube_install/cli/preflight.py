"""`cube-install preflight`: what would go wrong, before anything is done."""

from __future__ import annotations

import json
from typing import Any

import click

from cube_airgap.registry.registries import Registries
from cube_console.order_options import order_options, take_order
from cube_console.output_option import output_option
from cube_install.cli.bundle_options import bundle_option, opened_or_piped
from cube_install.cli.show_findings import outlook_json, outlook_text
from cube_install.cli.site_options import take_target, target_options
from cube_install.preflight import head_findings, look_ahead

NOT_READY = 1
NOTHING_CHANGED = "nothing was changed"

_HELP = """Look at the bundle, the registry and the way there, and tell of everything at once.

Nothing is changed. The head of the bundle is checked; the registry is asked what it has, and Harbor
for its health, version, read-only mode, room and quota, the rights of the login, and for rules that
keep tags from being set, images from being pulled, or that delete them later. Each finding says
what to do. Exit code 1 if there is an error among them; warnings and notes do not count.

\b
Examples:
  cube-install preflight --bundle site.tar.zst --to harbor.example/cube-studio
  cube-install preflight --bundle site.tar.zst --output json
"""


@click.command(help=_HELP)
@bundle_option
@target_options
@order_options
@output_option
@click.pass_context
def preflight(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    with Registries(target.access) as registries, opened_or_piped(values["bundle"]) as bundle:
        order = take_order(values, target, registries)
        outlook = look_ahead(bundle, order, head_findings(bundle))
    in_json = values["output"] == "json"
    click.echo(json.dumps(outlook_json(outlook), indent=1) if in_json else outlook_text(outlook))
    ctx.exit(NOT_READY if outlook.errors else 0)
