"""`cube-install prepull`: images onto nodes."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import MissingError, raise_all
from cube_console.amounts import count_text
from cube_console.output_option import output_option
from cube_console.progress import shown_progress
from cube_console.tables import table
from cube_install.accounts.pull_secret import SECRET_NAME, read_pull_secret
from cube_install.cli.bundle_options import bundle_option, opened
from cube_install.cli.cluster_options import cluster_options, take_cluster
from cube_install.cli.site_options import relocate_option, site_option
from cube_install.node_pods.cluster_members import members
from cube_install.node_pods.pods_on_nodes import NAMESPACE
from cube_install.prepull.prepull import NodeResult, Patience, Prepull, errors_of
from cube_install.prepull.wanted_images import GpuImages, pulls_of, wanted_on
from cube_install.runtime.loading import chosen
from cube_push.target import parse_target, site_relocation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_install.kubernetes.cluster import Cluster
    from cube_install.node_pods.cluster_members import Member

_TEMPORARY = "cube-airgap-prepull"
_HELP = """Pull the bundle's images onto the nodes of the cluster, before anybody waits for them.

Each node gets the images of its architecture; images for GPUs go to nodes with a GPU alone (label
gpu=true, or GPUs among the node's resources). IMAGES are names, in which * stands for anything;
without any, and without --component, all are pulled. --nodes says how many nodes pull at a time,
which is what the registry has to bear. Pods do the pulling: nothing of an image is ever run, and no
pod is left over.

\b
Examples:
  cube-install prepull --bundle site.tar.zst --to harbor.example --component notebook
  cube-install prepull --bundle site.tar.zst --to harbor.example --nodes 32 --selector train=true
"""


@click.command(help=_HELP)
@bundle_option
@click.option(
    "--to",
    metavar="HOST[:PORT][/PROJECT]",
    help="The registry that nodes pull from; it must be given.",
)
@relocate_option
@cluster_options
@click.option("--component", multiple=True, help="Images of this component. Repeatable.")
@click.option("--selector", default="", help="Only nodes with these labels.")
@click.option(
    "--nodes",
    "node_jobs",
    type=click.IntRange(1, 1000),
    default=8,
    show_default=True,
    help="Nodes at a time.",
)
@click.option(
    "--gpu-image",
    multiple=True,
    help="An image that is for GPUs though its name does not say so. Repeatable.",
)
@click.option(
    "--pull-login",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="hubsecret.yaml of the site.  [default: the secret hubsecret in kube-system]",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=Patience().failing,
    show_default=True,
    help="Seconds for which a pull that fails is tried again.",
)
@site_option
@click.argument("images", nargs=-1)
@output_option
def prepull(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    if not values["to"]:
        raise MissingError(
            "no registry is named", remedy="give --to HOST/PROJECT, or write site.yaml"
        )
    host, project = parse_target(values["to"])
    relocation = site_relocation(project, values["relocate"])
    with opened(values["bundle"]) as bundle:
        images = chosen(bundle, values["component"], values["images"])
    targets = relocation.targets((one.reference for one in images), host)
    with ExitStack() as stack:
        cluster = take_cluster(values)
        stack.callback(cluster.close)
        found = members(cluster, values["selector"])
        wanted = {
            one.name: wanted_on(
                one, pulls_of(images, targets), GpuImages(tuple(values["gpu_image"]))
            )
            for one in found
            if one.is_ready
        }
        secrets = stack.enter_context(_pull_secrets(cluster, values["pull_login"], host))
        work = Prepull(cluster, values["node_jobs"], secrets, Patience(values["patience"]))
        results = work.run(wanted, shown_progress("pulling", "images on nodes"))
    _show(results, found, in_json=values["output"] == "json")
    raise_all(errors_of(results))


@contextmanager
def _pull_secrets(cluster: Cluster, path: Path | None, host: str) -> Iterator[list[str]]:
    """The names of secrets to pull with; one that has to be made goes at the end."""
    if path is None:
        yield [SECRET_NAME]
        return
    if read_pull_secret(path, host) is None:
        raise MissingError(
            f"{path} has no login for {host}",
            remedy="give the hubsecret.yaml that cube-install robots wrote for that registry",
        )
    import yaml  # noqa: PLC0415 - as it is needed

    from cube_install.kubernetes.object_key import ObjectKey  # noqa: PLC0415

    body = yaml.safe_load(path.read_bytes())
    body["metadata"] = {"name": _TEMPORARY, "namespace": NAMESPACE}
    cluster.apply(body)
    try:
        yield [_TEMPORARY]
    finally:
        cluster.delete(ObjectKey("", "Secret", NAMESPACE, _TEMPORARY))


def _show(results: Mapping[str, NodeResult], found: tuple[Member, ...], *, in_json: bool) -> None:
    away = [one.name for one in found if not one.is_ready]
    if in_json:
        nodes = {
            name: {"there": sorted(one.there), "errors": one.errors}
            for name, one in results.items()
        }
        click.echo(json.dumps({"nodes": nodes, "notReady": away}, indent=1))
        return
    rows = [
        (name, str(len(one.there)), str(len(one.errors)) if one.errors else "")
        for name, one in results.items()
    ]
    rows += [(name, "not ready", "") for name in away]
    click.echo(table(("NODE", "THERE", "FAILED"), rows, right=(1, 2)))
    total = sum(len(one.there) for one in results.values())
    click.echo(f"\n{count_text(total, 'image')} on {count_text(len(results), 'node')}")
