"""Carrying out a push that is prepared, with its records, and showing what came of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.disk import write_atomically
from cube_airgap.errors import AirgapError
from cube_console.progress import shown_progress
from cube_console.show_push import outcome_text
from cube_push.piped_bundle import PipedBundle
from cube_push.record.keeping import keep_record
from cube_push.record.record import Records
from cube_push.record.succession import check_not_older
from cube_push.relocation_record import encode_relocation, relocated
from cube_push.stepped_bundle import SteppedBundle

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.bundle import Bundle
    from cube_push.content import Content
    from cube_push.outcome import Outcome
    from cube_push.push import Prepared
    from cube_push.target import Target


allow_older_option = click.option(
    "--allow-older",
    is_flag=True,
    help="Push also where a bundle is installed that takes this one's place: tags go back then.",
)


@dataclass(frozen=True)
class Done:
    """A push that came to its end: what came of it, and where that is written down.

    `relocation` is the file and `record` the full name in the registry, each None where it was not
    written. `errors` has what failed of the images, and of writing down.
    """

    outcome: Outcome
    relocation: Path | None
    record: str | None
    errors: tuple[AirgapError, ...]
    seconds: float


def pushed(bundle: Bundle) -> Content:
    """`bundle` as it is pushed, which depends on whether it can be read in any order."""
    return SteppedBundle(bundle) if bundle.file else PipedBundle(bundle)


def check_succession(ready: Prepared, target: Target, values: dict[str, Any]) -> None:
    """Refuse a bundle that an installed one takes the place of, unless `values` allow it."""
    if not values["allow_older"]:
        records = Records(ready.order.destination, target.project)
        check_not_older(ready.content.catalogue, records)


def carry_out(ready: Prepared, target: Target, relocation_out: Path) -> Done:
    """Push, and write down what became of each image, here and in the registry.

    Raises AirgapError for what kept it from beginning, or was stopped.
    """
    began = time.monotonic()
    outcome = ready.carry_out(shown_progress("pushing", "images"))
    relocation = encode_relocation(relocated(outcome), target.host, outcome.bundle)
    errors = list(outcome.errors)
    written = record = None
    try:
        write_atomically(relocation_out, relocation)
        written = relocation_out
        record = _recorded(outcome, relocation, ready, target)
    except AirgapError as error:  # the images are there all the same, and are to be shown
        errors.append(error)
    return Done(outcome, written, record, tuple(errors), time.monotonic() - began)


def _recorded(outcome: Outcome, relocation: bytes, ready: Prepared, target: Target) -> str | None:
    records = Records(ready.order.destination, target.project)
    tag = keep_record(outcome, ready.content.catalogue, relocation, records)
    return f"{target.host}/{records.repository}:{tag}" if tag else None


def show_done(done: Done, output: str) -> None:
    """Show the result on stdout, as `text` or `json`."""
    if output == "json":
        click.echo(json.dumps(done.outcome.to_json() | {"record": done.record}, indent=1))
        return
    click.echo(outcome_text(done.outcome, done.relocation, done.seconds))
    if done.record:
        click.echo(f"recorded as {done.record}")
