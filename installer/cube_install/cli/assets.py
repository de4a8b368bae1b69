"""`cube-install assets`: files out of the bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_console.amounts import count_text, size_text
from cube_console.output_option import output_option
from cube_console.tables import table
from cube_install.cli.bundle_options import bundle_option, opened
from cube_install.cli.site_options import site_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_airgap.closure_entries import BundledAsset

_HELP = """Take files out of the bundle: kubectl, Docker, Harbor's installer, models, data sets.

Without --out the bundle's files are listed. NAMES are names, directories, or have * in them;
without any, all are meant. A file is there only when its digest is right; programs may be run at
once. What hosts need that have nothing yet is laid out more plainly by `cube-install kit`.

\b
Examples:
  cube-install assets --bundle site.tar.zst
  cube-install assets --bundle site.tar.zst --out tools 'kubectl/linux-amd64'
"""


@click.command(help=_HELP)
@bundle_option
@site_option
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="The directory to write to."
)
@click.argument("names", nargs=-1)
@output_option
def assets(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    from cube_install.assets.taking_out import chosen, take_out  # noqa: PLC0415 - as it is needed

    with opened(values["bundle"]) as bundle:
        found = chosen(bundle, values["names"])
        if values["out"] is not None:
            from cube_console.progress import shown_progress  # noqa: PLC0415

            files = {one.name: one for one in found}
            take_out(bundle, files, values["out"], shown_progress("taking out", "files"))
    if values["output"] == "json":
        click.echo(json.dumps({"assets": [_json(one) for one in found]}, indent=1))
    elif values["out"] is not None:
        click.echo(f"{values['out']} has {count_text(len(found), 'file')}")
    else:
        click.echo(_text(found))


def _json(asset: BundledAsset) -> dict[str, object]:
    return {"name": asset.name, "size": asset.size, "digest": str(asset.digest), "why": asset.why}


def _text(found: Sequence[BundledAsset]) -> str:
    if not found:
        return "the bundle has no files beside its images"
    rows = [(one.name, size_text(one.size), one.why) for one in found]
    return table(("NAME", "SIZE", "WHY"), rows, right=(1,))
