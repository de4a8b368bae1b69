"""`cube-bundle lists`: which image lists there are, and what is in them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.platforms import DEFAULT_PLATFORM, Platform
from cube_airgap.registry.registries import Registries
from cube_bundle.cli.show_lists import images_text, lists_json, profiles_text
from cube_bundle.image_list import read_list, shipped_lists
from cube_bundle.image_request import merged
from cube_bundle.list_sizes import SizeReader
from cube_bundle.resolution import Selection
from cube_console.progress import shown_progress
from cube_console.registry_options import registry_options, take_registry_access

if TYPE_CHECKING:
    from cube_airgap.registry.access import RegistryAccess
    from cube_bundle.image_list import ImageList
    from cube_bundle.list_sizes import ListSizes

_HELP = """Show the image lists of this product, and what is in them.

Without NAME: a line for each profile. With NAME, a profile or a file: a line for each image.
The profiles marked as default are what a build takes that names neither images nor lists.

\b
Examples:
  cube-bundle lists
  cube-bundle lists core gpu
  cube-bundle lists core --sizes --mirror docker.io=mirror.example
  cube-bundle lists --output json | jq -r '.profiles[].components[].images[].image'
"""


@click.command(help=_HELP)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--sizes", is_flag=True, help="Ask the registries how large each image is.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="OS/ARCH",
    help="A platform whose size counts, as linux/arm64. Repeatable.  "
    f"[default: {DEFAULT_PLATFORM}]",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Parallel look-ups."
)
@registry_options
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown on stdout.",
)
def lists(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    access = take_registry_access(values)
    shown = [read_list(name) for name in values["names"] or shipped_lists()]
    sizes = _sizes(shown, access, values) if values["sizes"] else None
    if values["output"] == "json":
        click.echo(json.dumps(lists_json(shown, sizes), indent=1))
    elif values["names"]:
        click.echo(images_text(shown, sizes))
    else:
        click.echo(profiles_text(shown, sizes))
    for reference, why in sorted(sizes.unknown.items()) if sizes else ():
        click.echo(f"note: {reference.familiar}: {why}", err=True)


def _sizes(shown: list[ImageList], access: RegistryAccess, values: dict[str, Any]) -> ListSizes:
    requests = merged(image.request for one in shown for image in one.images)
    platforms = tuple(sorted({Platform.parse(text) for text in values["platforms"]}))
    selection = Selection(platforms or (DEFAULT_PLATFORM,), with_referrers=False)
    looking = shown_progress("asking", "images")
    with Registries(access) as registries, tempfile.TemporaryDirectory() as staging:
        reader = SizeReader(registries, Path(staging), values["jobs"], looking)
        return reader.sizes(requests, selection)
