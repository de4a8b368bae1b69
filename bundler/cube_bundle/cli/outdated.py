"""`cube-bundle outdated`: what moved since a lock was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import AirgapError, raise_all
from cube_airgap.registry.registries import Registries
from cube_airgap.registry.web_files import WebFiles
from cube_bundle.lock import Lock
from cube_bundle.outdated import Asker, Now, Standing
from cube_console.amounts import count_text, size_text
from cube_console.output_option import output_option
from cube_console.progress import shown_progress
from cube_console.registry_options import registry_options, take_registry_access
from cube_console.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP = """Ask registries which tags of a LOCK moved since it was made.

Shows what moved, when that was made and how much of it is new; what is gone, and what could not be
asked; --all shows the rest too. Images that are pinned by digest are not asked for, and of those
that follow a pattern the newest tag is looked for. A downloaded file counts as moved when its size
is another; its bytes are not compared.

Exit code 0 if all is as locked, 1 if something moved or is gone; if something could not be asked,
the code of that failure.

\b
Examples:
  cube-bundle outdated site.lock.yaml
  cube-bundle outdated site.lock.yaml --output json | jq -r '.items[] | select(.moved).name'
"""


@click.command(help=_HELP)
@click.argument(
    "lock_file", metavar="LOCK", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--all", "every", is_flag=True, help="Show what is as locked too.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Parallel look-ups."
)
@registry_options
@output_option
@click.pass_context
def outdated(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    access = take_registry_access(values)
    lock = Lock.read(values["lock_file"])
    with Registries(access) as registries, WebFiles(access) as files:
        asker = Asker(registries, files, values["jobs"], shown_progress("asking", "items"))
        standings = asker.standings(lock)
    if values["output"] == "json":
        click.echo(json.dumps({"items": [_json(one) for one in standings]}, indent=1))
    else:
        click.echo(_text(standings, every=values["every"]))
    raise_all([one.error for one in standings if one.error and one.now is Now.FAILED])
    if any(one.now.is_outdated for one in standings):
        ctx.exit(AirgapError.exit_code)


def _json(one: Standing) -> dict[str, Any]:
    return {
        "name": one.name,
        "component": one.component,
        "now": str(one.now),
        "moved": one.now.is_outdated,
        "locked": one.was,
        "found": one.found,
        "created": one.created,
        "carrySize": one.carry,
        "error": one.error.what if one.error else "",
    }


def _text(standings: Sequence[Standing], *, every: bool) -> str:
    told = {Now.MOVED, Now.NEWER, Now.GONE, Now.FAILED}
    rows = [
        (
            one.component,
            one.name,
            str(one.now),
            _short(one.was),
            _short(one.found),
            one.created[:10],
            size_text(one.carry) if one.carry is not None else "",
        )
        for one in standings
        if every or one.now in told
    ]
    counts = ", ".join(
        f"{number} {now}" for now in Now if (number := sum(one.now is now for one in standings))
    )
    shown = (
        [table(("COMPONENT", "NAME", "NOW", "LOCKED", "FOUND", "MADE", "TO CARRY"), rows), ""]
        if rows
        else []
    )
    return "\n".join([*shown, f"{count_text(len(standings), 'item')}: {counts or 'none'}"])


def _short(text: str) -> str:
    algorithm, colon, value = text.partition(":")
    return f"{algorithm}:{value[:12]}" if colon else text
