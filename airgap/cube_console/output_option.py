"""The option by which a user says whether people or machines read the result."""

from __future__ import annotations

import click

output_option = click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown on stdout.",
)
