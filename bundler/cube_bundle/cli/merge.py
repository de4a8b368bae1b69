"""`cube-bundle merge`: from a delta and what it builds on to one whole bundle."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from cube_airgap.volumes import BUNDLE_SUFFIX
from cube_bundle.build import Target
from cube_bundle.cli.bundle_argument import opened
from cube_bundle.cli.sign_option import sign_key_option, take_sign_key
from cube_bundle.merging import Merging
from cube_console.amounts import count_text, parse_size, size_text
from cube_console.progress import shown_progress
from cube_console.trusted_keys import trusted_key_option

_HELP = """Make one whole bundle of a delta and the bundles that it builds on.

The result carries the images of DELTA, which is named last, and is the same, byte for byte, as a
bundle built from the lock of DELTA without --since and --have. Nothing is downloaded. Of the OLD
bundles only blobs are taken, so their order does not matter, and more than are needed do no harm.
A signature of DELTA is of DELTA alone: sign the result with --sign-key.

\b
Examples:
  cube-bundle merge may.tar.zst june-delta.tar.zst -o june.tar.zst
  cube-bundle merge may.tar.zst june-delta.tar.zst july-delta.tar.zst -o july.tar.zst
"""


@click.command(help=_HELP)
@click.argument("older", metavar="OLD...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("delta", metavar="DELTA", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The bundle to write, NAME{BUNDLE_SUFFIX}.",
)
@click.option(
    "--volume-size", metavar="SIZE", help="Write volumes of this size, as 4G, for small media."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 16),
    default=4,
    show_default=True,
    help="Blobs that are copied at once.",
)
@sign_key_option
@trusted_key_option
def merge(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    size = values["volume_size"]
    target = Target(values["out"], parse_size(size) if size else 0)
    sign_key = take_sign_key(values)
    with ExitStack() as stack:
        older = [stack.enter_context(opened(path)) for path in values["older"]]
        delta = stack.enter_context(opened(values["delta"]))
        progress = shown_progress("merging", "images")
        built = Merging(older, delta, sign_key).carry_out(target, values["jobs"], progress)
    verb = "is there already" if built.already_there else "written"
    images = count_text(len(delta.catalogue.every_image), "image")
    click.echo(f"{target.path} {verb}: {images}, {size_text(built.size)}\nbundle {built.bundle}")
