"""`cube-install kit`: what hosts need that have nothing yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.disk import write_atomically
from cube_console.amounts import count_text, size_text
from cube_console.output_option import output_option
from cube_console.tables import table
from cube_install.cli.bundle_options import bundle_option, opened
from cube_install.cli.site_options import site_option
from cube_install.cli.this_machine import architecture

if TYPE_CHECKING:
    from cube_airgap.closure_entries import BundledAsset

_HELP = """Lay out what hosts need that have nothing yet, from kubectl to Harbor's installer.

These files come with a bundle that was built with --list kit (or bootstrap, rke2, k3s). Each gets
its plain name in DIR, is there only when its digest is right, and may be run at once if it is a
program. SHA256SUMS in DIR lets `sha256sum -c` check them again on the host that they are for.
After an interruption the same command goes on where it was.

\b
Examples:
  cube-install kit --bundle site.tar.zst -o kit
  cube-install kit --bundle site.tar.zst -o kit-arm64 --architecture arm64
"""


@click.command(help=_HELP)
@bundle_option
@site_option
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The directory to write to.",
)
@click.option(
    "--architecture",
    default=architecture,
    show_default="this machine's",
    help="For which machines: amd64 or arm64.",
)
@output_option
def kit(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    from cube_console.progress import shown_progress  # noqa: PLC0415 - as it is needed
    from cube_install.assets.kit import SUMS, kit_of, sums_of  # noqa: PLC0415
    from cube_install.assets.taking_out import take_out  # noqa: PLC0415

    out: Path = values["out"]
    with opened(values["bundle"]) as bundle:
        files = kit_of(bundle, values["architecture"])
        take_out(bundle, files, out, shown_progress("taking out", "files"))
    write_atomically(out / SUMS, sums_of(files).encode())
    if values["output"] == "json":
        click.echo(json.dumps({"files": [_json(*one) for one in files.items()]}, indent=1))
    else:
        click.echo(_text(files, out))


def _json(name: str, asset: BundledAsset) -> dict[str, object]:
    return {"name": name, "size": asset.size, "digest": str(asset.digest), "why": asset.why}


def _text(files: dict[str, BundledAsset], out: Path) -> str:
    rows = [(name, size_text(one.size), one.why.partition(": ")[2]) for name, one in files.items()]
    shown = table(("FILE", "SIZE", "WHAT FOR"), rows, right=(1,))
    return f"{shown}\n\n{out} has {count_text(len(files), 'file')}"
