"""`cube-bundle inspect`: what a bundle holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.inspection import inspect_bundle
from cube_bundle.cli.bundle_argument import bundle_argument, opened
from cube_bundle.cli.report_option import report_option
from cube_console.show_inspection import inspection_table, inspection_tree
from cube_console.trusted_keys import signature_text, trusted_key_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cube_airgap.inspection import Inspection

_HELP = """Show what a bundle holds, from its head alone.

Reads only the beginning and the end of BUNDLE (a file, its volumes, or - for a pipe), however large
it is. What it says is the catalogue's word, which `cube-bundle verify` proves.

\b
Examples:
  cube-bundle inspect site.tar.zst
  cube-bundle inspect site.tar.zst --output table
  cube-bundle inspect site.tar.zst --report site.html
  cube-bundle inspect site.tar.zst --output json | jq -r '.images[].reference'
"""


@click.command(help=_HELP)
@bundle_argument
@trusted_key_option
@report_option
@click.option(
    "--output",
    type=click.Choice(["tree", "table", "json"]),
    default="tree",
    show_default=True,
    help="By component, image by image, or all for machines.",
)
def inspect(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    with opened(values["bundle"]) as bundle:
        found = inspect_bundle(bundle)
        signature = signature_text(bundle)
    show: dict[str, Callable[[Inspection], str]] = {
        "tree": lambda inspection: inspection_tree(inspection, signature),
        "table": inspection_table,
        "json": lambda inspection: json.dumps(inspection.to_json(), indent=1),
    }
    click.echo(show[values["output"]](found))
    if values["report"]:
        _write_report(found, values["report"], values["bundle"].name)


def _write_report(found: Inspection, path: Path, name: str) -> None:
    # Imported where it is used: templates take longer to load than a bundle to be looked at.
    from cube_bundle.cli.report_options import write_page  # noqa: PLC0415
    from cube_bundle.report.bundle_page import page_of_bundle  # noqa: PLC0415

    write_page(path, page_of_bundle(found, name))
