"""`cube-install nodes`: every node is made able to pull."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import UsageError
from cube_console.output_option import output_option
from cube_install.cli.bundle_options import bundle_option
from cube_install.cli.node_options import node_options, take_nodes, take_wish
from cube_install.cli.show_nodes import nodes_json, nodes_text, tell_findings
from cube_install.cli.site_options import take_target, target_options
from cube_install.nodes.rollout import Rollout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cube_install.nodes.rollout import NodeReport

_NOT_WELL = 1

_HELP = """Let every node pull from the site's registry, also by the images' own names.

containerd gets a hosts.toml for the registry and for every host that the bundle has images from,
Docker its daemon.json and certificates, RKE2 and k3s their registries.yaml. What is in these files
already is kept. A node is surveyed first, and only what differs is written.

--ssh FILE names the nodes, a line each: [USER@]HOST[:PORT]. They are looked at and written side by
side; services are restarted on one node after the other, and a node that does not come back gets
its old files again and is the last one that is touched. With --check nothing is changed.

--print DIR writes files and shell programs instead, for whoever reaches the nodes in another way.

--daemonset does the same from inside the cluster: a privileged pod on each node does the work, and
goes. All nodes must be able to start its image.

\b
Examples:
  cube-install nodes --ssh hosts.txt --check
  cube-install nodes --ssh hosts.txt
  cube-install nodes --print nodes
  cube-install nodes --print nodes --surveys surveys

Exit code 1 if a node is not well: not reached, not changed, or with a finding that is an error.
"""


@click.command(help=_HELP)
@bundle_option
@target_options
@node_options
@output_option
@click.pass_context
def nodes(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    in_json = values.pop("output") == "json"
    only_look, to_print = values.pop("check"), values.pop("print_to")
    wish, expected = take_wish(values, take_target(values))
    found = take_nodes(values)
    if to_print:
        from cube_install.nodes.printing import print_fresh, print_survey  # noqa: PLC0415

        print_survey(to_print)
    if found is None:
        if not to_print:
            raise UsageError(
                "no nodes are named",
                remedy="give --ssh FILE, --daemonset, or --print DIR to have programs written",
            )
        print_fresh(to_print, wish)
        click.echo(f"{to_print}: see survey.sh there, and apply.sh for nodes set up by nobody yet")
        return
    rollout = Rollout(found, wish, expected, _say)
    reports = rollout.look()
    if to_print:
        _print(to_print, reports)
    elif not only_look:
        reports = rollout.change(reports)
    if in_json:
        click.echo(json.dumps(nodes_json(reports), indent=1))
    else:
        tell_findings(reports)
        click.echo(nodes_text(reports))
    ctx.exit(0 if all(one.is_well for one in reports) else _NOT_WELL)


def _print(directory: Path, reports: Sequence[NodeReport]) -> None:
    from cube_install.nodes.printing import print_plan  # noqa: PLC0415

    for report in reports:
        if report.plan is not None and report.plan.files:
            print_plan(directory / report.name, report.plan)


def _say(text: str) -> None:
    click.echo(f"nodes: {text}", err=True)
