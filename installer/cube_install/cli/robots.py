"""`cube-install robots`: accounts of least privilege, and the secret that nodes pull with."""

from __future__ import annotations

import json
from typing import Any

import click

from cube_airgap.errors import UsageError
from cube_airgap.registry.registries import Registries
from cube_console.output_option import output_option
from cube_console.plain_text import plain_text
from cube_install.cli.robot_options import make_robots, robot_options, robot_text
from cube_install.cli.site_options import take_target, target_options
from cube_push.checks import harbor_at

_HELP = """Make two robot accounts in Harbor: one that may load images, and one that may pull them.

Both are for the site's project alone. The login of the first is written for --creds-file, that of
the second as the Kubernetes secret `hubsecret`, both with mode 0600; neither is ever shown. Needs
the login of an administrator of the project. A robot that is there already is left as it is.

\b
Examples:
  cube-install robots --to harbor.example/cube-studio
  cube-install robots --pull-secret /etc/cube/hubsecret.yaml --renew-robots
"""


@click.command(help=_HELP)
@target_options
@robot_options
@output_option
def robots(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    with Registries(target.access) as registries:
        harbor = harbor_at(registries.destination(target.host))
        if harbor is None:
            raise UsageError(
                f"{target.host} is no Harbor, and only Harbor has robot accounts",
                remedy="make accounts for it in its own way, or name the Harbor with --to",
            )
        found = make_robots(values, harbor, target.projects)
    if values["output"] == "json":
        told = [
            {"purpose": one.purpose, "name": one.name, "state": one.fate, "file": str(one.path)}
            for one in found
        ]
        click.echo(json.dumps(told, indent=1))
    else:
        click.echo(plain_text("\n".join(robot_text(one) for one in found)))
