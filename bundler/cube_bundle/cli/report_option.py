"""The option by which a user asks for a report as a page."""

from __future__ import annotations

from pathlib import Path

import click

report_option = click.option(
    "--report",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it all to FILE too, as a page of HTML that needs no network.",
)
