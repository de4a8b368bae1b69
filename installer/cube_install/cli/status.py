"""`cube-install status`: what is installed here, and what of a bundle is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.bundle import Bundle
from cube_airgap.registry.registries import Registries
from cube_console.amounts import count_text, size_text
from cube_console.output_option import output_option
from cube_console.tables import table
from cube_install.cli.show_findings import show_findings
from cube_install.cli.site_options import (
    jobs_option,
    take_target,
    target_options,
)
from cube_install.harbor.finding import Finding, Severity
from cube_push.checks import harbor_at
from cube_push.plan import plan_push
from cube_push.record.record import Records
from cube_push.seeking import survey

if TYPE_CHECKING:
    from cube_airgap.errors import AirgapError
    from cube_airgap.registry.destination import Destination
    from cube_push.record.record import Record
    from cube_push.target import Target

_HELP = """Show which bundles were installed into the registry, and how much of one is there.

Every push leaves a record in the registry, so this works on any machine that reaches it, without a
bundle. With --bundle each of its images is looked for; nothing is sent.

\b
Examples:
  cube-install status --to harbor.example/cube-studio
  cube-install status --bundle site.tar.zst
"""


@click.command(help=_HELP)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="Look for what this bundle has too: NAME.tar.zst, or one of its volumes.",
)
@target_options
@jobs_option
@output_option
def status(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    with Registries(target.access) as registries:
        destination = registries.destination(target.host)
        unreadable: list[AirgapError] = []
        history = Records(destination, target.project).history(unreadable.append)
        show_findings([Finding(Severity.WARNING, one.what, one.remedy) for one in unreadable])
        told: dict[str, Any] = {
            "registry": target.host,
            "project": target.project,
            "records": [{"record": one.tag} | one.installed.to_json() for one in history],
            "unreadable": [one.what for one in unreadable],
        }
        if values["bundle"]:
            told["bundle"] = _standing(values["bundle"], target, destination, values["jobs"])
    in_json = values["output"] == "json"
    click.echo(json.dumps(told, indent=1) if in_json else _text(told, history))


def _standing(path: Path, target: Target, destination: Destination, jobs: int) -> dict[str, Any]:
    """What of the bundle is there. Raises AirgapError."""
    with Bundle.open(path) as bundle:
        plan = plan_push(bundle, target.relocation, target.host)
        standing = survey(plan, destination, jobs, harbor_at(destination))
        missing = [
            str(image.origin)
            for image, found in zip(plan.images, standing.found, strict=True)
            if not found.is_complete
        ]
        return {
            "bundle": str(plan.bundle),
            "images": len(plan.images) + len(plan.failures),
            "missingImages": sorted([*missing, *(str(one.origin) for one in plan.failures)]),
            "missingSize": standing.missing_size,
        }


def _text(told: dict[str, Any], history: tuple[Record, ...]) -> str:
    place = f"{told['registry']}/{told['project']}"
    rows = [
        (
            one.installed.created,
            one.installed.bundle.short,
            f"{one.installed.images} of {one.installed.bundle_images}",
            one.tag,
        )
        for one in history
    ]
    lines = [table(("WHEN (UTC)", "BUNDLE", "IMAGES", "RECORD"), rows)] if rows else []
    lines.append(f"{place} has {count_text(len(rows), 'record')} of installed bundles")
    if "bundle" in told:
        lines += ["", *_of_bundle(told["bundle"])]
    return "\n".join(lines)


def _of_bundle(told: dict[str, Any]) -> list[str]:
    missing = told["missingImages"]
    there = told["images"] - len(missing)
    lines = [f"missing: {name}" for name in missing]
    count = f"{there} of {count_text(told['images'], 'image')}"
    if not missing:
        return [f"bundle {told['bundle']} is there whole: {count}"]
    size = size_text(told["missingSize"])
    return [*lines, f"bundle {told['bundle']}: {count} there, {size} to send"]
