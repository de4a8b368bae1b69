"""`cube-bundle verify`: whether a bundle is whole."""

from __future__ import annotations

import json
from typing import Any

import click

from cube_airgap.errors import IntegrityError
from cube_airgap.verify import verify as verified
from cube_bundle.cli.bundle_argument import bundle_argument, opened
from cube_console.amounts import count_text
from cube_console.progress import shown_progress

_HELP = """Check every byte of a bundle, and that none lacks.

Reads the whole BUNDLE (a file, its volumes, or - for a pipe) once, compares every digest, and
follows every image to all that it needs. All findings are told, both what is listed but absent and
what is present but unlisted. Exit code 6 if there are any.

\b
Examples:
  cube-bundle verify site.tar.zst
  ssh outside cat site.tar.zst | cube-bundle verify -
"""


@click.command(help=_HELP)
@bundle_argument
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown on stdout.",
)
@click.pass_context
def verify(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    with opened(values["bundle"]) as bundle:
        findings = verified(bundle, shown_progress("verifying", "members"))
        catalogue = bundle.catalogue
    if values["output"] == "json":
        found = [
            {"problem": one.problem, "subject": one.subject, "detail": one.detail}
            for one in findings
        ]
        click.echo(json.dumps({"bundle": str(catalogue.digest), "findings": found}, indent=1))
    elif findings:
        click.echo("\n".join(str(one) for one in findings))
    else:
        members = count_text(len(catalogue.members()), "member")
        images = count_text(len(catalogue.images), "image")
        click.echo(f"{values['bundle']} is whole: {images}, {members}\nbundle {catalogue.digest}")
    if findings:
        click.echo(
            f"error: {count_text(len(findings), 'finding')}\n"
            "  what to do: carry the file (or the damaged volume) again; if it is the same then, "
            "build it again",
            err=True,
        )
        ctx.exit(IntegrityError.exit_code)
