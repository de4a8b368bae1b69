"""`cube-install rollback`: an earlier revision comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cube_airgap.errors import raise_all
from cube_console.output_option import output_option
from cube_install.accounts.pull_secret import read_pull_secret
from cube_install.cli.cluster_options import cluster_options, take_cluster
from cube_install.cli.deploying import deploy, errors_of, say
from cube_install.cli.show_deploy import deployed_json, deployed_text
from cube_install.cli.site_options import site_option
from cube_install.deploy.record.record import Record
from cube_install.deploy.returning import earlier_revision

_HELP = """Go back to what was deployed before, or to the revision that --to-revision names.

The cluster's record has all objects of the last revisions, so no bundle is needed; the images have
to be in the registry still. It is deployed as any other stack, and becomes a revision of its own.

The database is not brought back: if the newer platform changed its tables, put the dump back that
was made before. Contents of secrets are in no record, and stay as they are.

\b
Examples:
  cube-install rollback
  cube-install rollback --to-revision 3
"""


@click.command(help=_HELP)
@cluster_options
@site_option
@click.option(
    "--to-revision",
    type=click.IntRange(1),
    help="The revision to go back to, as status shows it.  [default: the last that came up before]",
)
@click.option(
    "--pull-secret",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("hubsecret.yaml"),
    show_default=True,
    help="The pulling robot's Kubernetes secret; where it is absent, that in the cluster stays.",
)
@output_option
def rollback(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    cluster = take_cluster(values)
    record = Record.read(cluster)
    revision = earlier_revision(record, values["to_revision"])
    stack = record.stack(revision)
    say("rollback", f"to revision {revision.number}, bundle {revision.bundle.short}")
    done = deploy(cluster, stack, read_pull_secret(values["pull_secret"], stack.registry_host))
    if values["output"] == "json":
        click.echo(json.dumps(deployed_json(done), indent=1))
    else:
        click.echo(deployed_text(done, stack))
    raise_all(errors_of(done))
