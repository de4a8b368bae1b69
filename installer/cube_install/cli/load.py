"""`cube-install load`: images into this host's container runtime."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import UsageError
from cube_airgap.relocation import DEFAULT_PROJECT
from cube_console.amounts import count_text, size_text
from cube_console.output_option import output_option
from cube_console.progress import shown_progress
from cube_console.tables import table
from cube_install.cli.bundle_options import bundle_option, opened
from cube_install.cli.site_options import relocate_option, site_option
from cube_install.runtime.loading import Loaded, Names, Naming, chosen, load_images
from cube_push.target import parse_target, site_relocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_install.runtime.runtimes import Runtime

_HELP = """Load images of the bundle into Docker or containerd on this host, without any registry.

Each image gets its own name and, where --to says how the site's registry is called, the name that
it has there; so pods find it by either, as long as they do not insist on pulling
(imagePullPolicy: Always). IMAGES are names, in which * stands for anything; without any, and
without --component, all are loaded. What is there already is not sent again.

\b
Examples:
  cube-install load --docker --bundle site.tar.zst redis:7.4
  cube-install load --containerd --bundle site.tar.zst --to harbor.example --component mysql
"""


@click.command(help=_HELP)
@bundle_option
@click.option("--docker", is_flag=True, help="Load into Docker, found as by the docker command.")
@click.option("--containerd", is_flag=True, help="Load into containerd, where Kubernetes looks.")
@click.option("--address", help="containerd's socket.  [default: its own, or that of RKE2 and k3s]")
@click.option("--namespace", default="k8s.io", show_default=True, help="containerd's namespace.")
@click.option("--snapshotter", help="containerd's snapshotter.  [default: its own]")
@click.option("--component", multiple=True, help="Images of this component. Repeatable.")
@click.option(
    "--to", metavar="HOST[:PORT][/PROJECT]", help="The registry that the site's names begin with."
)
@click.option(
    "--names",
    type=click.Choice([naming.value for naming in Naming]),
    help="By which names.  [default: both, or origin where --to is not given]",
)
@relocate_option
@site_option
@click.argument("images", nargs=-1)
@output_option
def load(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    names = _names(values)
    with ExitStack() as stack:
        bundle = stack.enter_context(opened(values["bundle"]))
        wanted = chosen(bundle, values["component"], values["images"])
        runtime = _runtime(stack, values)
        progress = shown_progress("loading", "images")
        loaded = load_images(bundle, wanted, runtime, names, progress)
    if values["output"] == "json":
        click.echo(json.dumps({"images": [_json(one) for one in loaded]}, indent=1))
    else:
        click.echo(_text(loaded))


def _names(values: dict[str, Any]) -> Names:
    naming = values["names"]
    if values["to"] is None:
        if naming not in {None, Naming.ORIGIN.value}:
            raise UsageError(
                "without a registry there are no names in it",
                remedy="give --to HOST/PROJECT, or --names origin",
            )
        return Names(Naming.ORIGIN, site_relocation(DEFAULT_PROJECT, ()), "")
    host, project = parse_target(values["to"])
    relocation = site_relocation(project, values["relocate"])
    return Names(Naming(naming or Naming.BOTH.value), relocation, host)


def _runtime(stack: ExitStack, values: dict[str, Any]) -> Runtime:
    if values["docker"] == values["containerd"]:
        raise UsageError(
            "it is not said what to load into", remedy="give either --docker or --containerd"
        )
    if values["docker"]:
        from cube_install.runtime.docker_runtime import DockerRuntime  # noqa: PLC0415

        return stack.enter_context(DockerRuntime())
    from cube_install.runtime.containerd_runtime import ContainerdRuntime  # noqa: PLC0415

    return ContainerdRuntime(
        values["address"] or "", values["namespace"], values["snapshotter"] or ""
    )


def _json(loaded: Loaded) -> dict[str, object]:
    return {
        "image": str(loaded.one.image.reference),
        "names": list(loaded.one.names),
        "digest": str(loaded.one.root.digest),
        "wasThere": loaded.was_there,
    }


def _text(loaded: Sequence[Loaded]) -> str:
    rows = [
        ("was there" if one.was_there else "loaded", name)
        for one in loaded
        for name in one.one.names
    ]
    sent = sum(one.one.size for one in loaded if not one.was_there)
    told = f"{count_text(len(loaded), 'image')}, {size_text(sent)} loaded"
    return f"{table(('STATE', 'NAME'), rows)}\n\n{told}"
