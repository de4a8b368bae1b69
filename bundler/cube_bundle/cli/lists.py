"""`cube-bundle lists`: which image lists there are, and what is in them."""

from __future__ import annotations

import json
from typing import Any

import click

from cube_bundle.cli.asked_sizes import asked_sizes, size_options
from cube_bundle.cli.show_lists import images_text, lists_json, profiles_text
from cube_bundle.image_list import WHOLE_PLATFORM, read_list, read_lists, shipped_lists
from cube_console.output_option import output_option

_HELP = f"""Show the image lists of this product, and what is in them.

Without NAME: a line for each profile. With NAME, a profile or a file: a line for each image.
A build that names neither images nor lists takes {WHOLE_PLATFORM}.

\b
Examples:
  cube-bundle lists
  cube-bundle lists core gpu
  cube-bundle lists bare-metal
  cube-bundle lists core --sizes --mirror docker.io=mirror.example
  cube-bundle lists --output json | jq -r '.profiles[].components[].images[].image'
"""


@click.command(help=_HELP)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@size_options
@output_option
def lists(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    names = values["names"]
    shown = read_lists(names) if names else tuple(map(read_list, shipped_lists()))
    sizes = asked_sizes((image.request for one in shown for image in one.images), values)
    if values["output"] == "json":
        click.echo(json.dumps(lists_json(shown, sizes), indent=1))
    elif names:
        click.echo(images_text(shown, sizes))
    else:
        click.echo(profiles_text(shown, sizes))
    for reference, why in sorted(sizes.unknown.items()) if sizes else ():
        click.echo(f"note: {reference.familiar}: {why}", err=True)
