"""`cube-bundle sync`: from registries straight into a registry, where one host reaches both."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.disk import temporary_directory, write_atomically
from cube_airgap.errors import AirgapError, Interrupted, UsageError, raise_all
from cube_airgap.registry.registries import Registries
from cube_bundle.cli.image_options import image_options, take_asked, take_selection
from cube_bundle.cli.show_coverage import check_coverage
from cube_bundle.cli.show_sync import outcome_json, outcome_text, outlook_json, outlook_text
from cube_bundle.coverage.closing import closure_of
from cube_bundle.resolution import Resolver, Selection
from cube_bundle.syncing import Syncing
from cube_console.amounts import count_text, parse_time
from cube_console.command_line import show_error
from cube_console.order_options import order_options, take_order
from cube_console.output_file import OutputFile
from cube_console.output_option import output_option
from cube_console.progress import shown_progress
from cube_console.registry_options import registry_options, take_registry_access
from cube_push.checks import Missing
from cube_push.record.sync_records import SyncRecords
from cube_push.relocation_record import encode_relocation
from cube_push.target import Target, parse_target, site_relocation

if TYPE_CHECKING:
    from cube_bundle.coverage.closing import Asked, Closure

_HELP = """Bring images from their registries straight into Harbor, or any other registry.

For a host that reaches both sides. Nothing is written to disk: blobs go from the one to the other,
each once, and are mounted where other repositories need them. Images are named as for build, and go
where cube-install push would put them. What moved since the last sync is found by digest, with one
request for each image on either side; a record of it is kept in the registry.

With --watch it does so again and again, until it is stopped. Files that the platform downloads, and
job templates, are in no registry: a bundle carries those.

\b
Examples:
  cube-bundle sync --list core --to harbor.example/cube-studio
  cube-bundle sync nginx:1.27 --to harbor.example/cube-studio --dry-run
  cube-bundle sync --list core --to harbor.example --create-project --watch 6h
"""


@click.command(help=_HELP)
@image_options
@click.option(
    "--to",
    required=True,
    metavar="HOST[:PORT][/PROJECT]",
    help="The registry to bring them into, and the project in it.",
)
@click.option(
    "--relocate",
    multiple=True,
    metavar="ORIGIN=PROJECT[/PATH]",
    help="Put images whose names begin with ORIGIN below PATH. Repeatable.",
)
@order_options
@click.option(
    "--relocation-out",
    type=OutputFile(),
    help="Write where each image is into this file too.",
)
@click.option("--watch", metavar="TIME", help="Do it again after this time, as 30m or 6h.")
@registry_options
@click.option("--dry-run", is_flag=True, help="Show what moved, and send nothing.")
@output_option
def sync(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    pause = parse_time(values["watch"]) if values["watch"] else None
    names = _asked_names(values)
    selection = take_selection(values)
    asked = take_asked(values, selection)
    access = take_registry_access(values)
    host, project = parse_target(values.pop("to"))
    target = Target(host, project, site_relocation(project, values.pop("relocate")), access)
    rounds = _Rounds(asked, selection, target, names, values)
    rounds.run_once() if pause is None else _watch(rounds, pause)


def _asked_names(values: dict[str, Any]) -> str:
    """Tells one sync from another, also where a list's content or a checkout's place changes."""
    lists = sorted(Path(name).name for name in values["lists"])
    return json.dumps([sorted(values["images"]), lists, values["checkout"] is not None])


def _watch(rounds: _Rounds, pause: float) -> None:
    """Until Ctrl-C, which is how it ends; what fails is told, and tried again next time."""
    waiting = threading.Event()
    try:
        while True:
            try:
                rounds.run_once()
            except AirgapError as error:
                if isinstance(error, Interrupted | UsageError):
                    raise
                show_error(error)
            waiting.wait(pause)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


@dataclass
class _Rounds:
    """One sync after the other, each with connections and lists of its own."""

    asked: Asked
    selection: Selection
    target: Target
    names: str
    values: dict[str, Any]

    def run_once(self) -> None:
        """Look, and bring what moved. Raises AirgapError."""
        closure = closure_of(self.asked)
        check_coverage(closure.coverage, self.asked.allow, self.values["output"])
        _tell_left(closure)
        with Registries(self.target.access) as registries, temporary_directory() as staging:
            syncing = self._syncing(registries, staging)
            outlook = syncing.look(closure.images)
            if self.values["dry_run"]:
                self._show(outlook_json(outlook), outlook_text(outlook))
                raise_all([one.error for one in outlook.failed if one.error])
                return
            outcome = outlook.carry_out(shown_progress("syncing", "images"))
            record = syncing.keep(outlook, outcome)
            if self.values["relocation_out"]:
                there = encode_relocation(outlook.in_place(outcome), self.target.host)
                write_atomically(self.values["relocation_out"], there)
            place = f"{self.target.host}/{syncing.records.repository}:{record}" if record else None
            self._show(outcome_json(outlook, outcome, place), outcome_text(outlook, outcome, place))
            raise_all(outcome.errors)

    def _syncing(self, registries: Registries, staging: Path) -> Syncing:
        progress = shown_progress("looking", "images")
        order = take_order(dict(self.values), self.target, registries)
        if self.values["dry_run"]:
            order = replace(order, missing=Missing.REFUSED)
        resolver = Resolver(registries, staging, order.jobs, progress)
        records = SyncRecords(
            order.destination, self.target.project, str(self.selection), self.names
        )
        return Syncing(resolver, self.selection, order, records, progress)

    def _show(self, told: dict[str, Any], text: str) -> None:
        click.echo(json.dumps(told, indent=1) if self.values["output"] == "json" else text)


def _tell_left(closure: Closure) -> None:
    left = [(len(closure.assets), "file"), (len(closure.seeds.contents), "job template file")]
    told = " and ".join(count_text(count, noun) for count, noun in left if count)
    if told:
        click.echo(f"note: {told} left out: sync brings images alone, a bundle all", err=True)
