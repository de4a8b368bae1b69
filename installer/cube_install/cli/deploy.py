"""`cube-install deploy`: a bundle's stack comes up on the cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cube_airgap.errors import raise_all
from cube_console.output_option import output_option
from cube_install.cli.bundle_options import bundle_option, opened
from cube_install.cli.cluster_options import cluster_options, deploying_options
from cube_install.cli.deploying import Deploying, errors_of, has_error, not_ready, say
from cube_install.cli.preflight import NOT_READY
from cube_install.cli.show_deploy import deployed_json, deployed_text
from cube_install.cli.show_findings import findings_json, show_findings
from cube_install.cli.site_options import take_target, target_options
from cube_install.cli.stack_options import choice_options

_HELP = """Bring a bundle's stack up on the cluster, in its order, from the site's registry.

The stack is rendered (see render), the cluster is looked at, and what would fail is told before
anything is changed; where volumes are new, short pods look at their directories on nodes. Then
components are applied side by side, each after those that it needs, and waited for; what does not
come up is told of with the reason and what to do. At the end it is checked that every image comes
from the site's registry and that the entry answers.

Running it again changes nothing that is as it should be, and goes on where it ended: what was
applied, by which bundle and how far that came is recorded in the cluster (see status). Objects that
an earlier bundle had and this one has not are deleted if they are ours, but no data and no
definitions. Passwords are made once, and stay in the cluster.

\b
Examples:
  cube-install deploy --bundle site.tar.zst
  cube-install deploy --bundle site.tar.zst --to harbor.example/cube-studio \\
      --kubeconfig admin.conf --set entry.address=10.0.0.1 --label-nodes --make-directories

Exit code 1 if the cluster is not ready for it, 8 if something did not come up.
"""


@click.command(help=_HELP)
@bundle_option
@target_options
@cluster_options
@choice_options
@deploying_options
@click.option(
    "--pull-secret",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("hubsecret.yaml"),
    show_default=True,
    help="The pulling robot's Kubernetes secret, which robots writes; where it is absent, nodes "
    "pull with the login for the registry.",
)
@output_option
@click.pass_context
def deploy(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    with opened(values["bundle"]) as bundle:
        deploying = Deploying(bundle, target, values)
    in_json = values["output"] == "json"
    say("preflight", deploying.cluster.server)
    findings = deploying.look()
    if not has_error(findings):
        findings = (*findings, *deploying.look_at_nodes())
    show_findings(findings)
    if not_ready(findings, deploying.unchanged):
        if in_json:
            click.echo(json.dumps({"ready": False, "findings": findings_json(findings)}, indent=1))
        ctx.exit(NOT_READY)
    done = deploying.run()
    if in_json:
        click.echo(json.dumps(deployed_json(done), indent=1))
    else:
        click.echo(deployed_text(done, deploying.stack))
    raise_all(errors_of(done))
