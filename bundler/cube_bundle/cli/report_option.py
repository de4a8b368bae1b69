"""The option by which a user asks for a report as a page."""

from __future__ import annotations

import click

from cube_console.output_file import OutputFile

report_option = click.option(
    "--report",
    metavar="FILE",
    type=OutputFile(),
    help="Write it all to FILE too, as a page of HTML that needs no network.",
)
