"""`cube-bundle scan`: every image and download that a checkout can ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import AirgapError, IntegrityError, UsageError, raise_all
from cube_bundle.cli.image_options import allow_option, take_allow
from cube_bundle.cli.report_options import (
    check_report_options,
    scan_report_options,
    write_scan_page,
)
from cube_bundle.cli.show_coverage import holes_text, tell_idle
from cube_bundle.cli.show_scan import scan_text
from cube_bundle.coverage.allow_list import Subject
from cube_bundle.coverage.closing import coverage_by
from cube_bundle.image_list import WHOLE_PLATFORM, read_lists, shipped_lists
from cube_console.amounts import count_text
from cube_console.output_option import output_option
from cube_scan.drift import Drift, Listed, drift_of, own_list
from cube_scan.recipe import Recipe
from cube_scan.report import report_document
from cube_scan.scan import scan as scan_paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from cube_airgap.reference import Reference
    from cube_bundle.coverage.gate import Coverage
    from cube_bundle.image_list import ImageList, ListedImage

_HELP = """Find every image and download that PATH can ask for, and say where.

PATH is a checkout of Cube Studio, a directory of manifests, or a single file. Manifests, custom
resources, ConfigMap text, kustomizations, charts, init data, Python settings and scripts are read,
never run; nothing is fetched. What the platform's start script does not apply is marked so.

\b
Examples:
  cube-bundle scan cube-studio/
  cube-bundle scan cube-studio/ --check
  cube-bundle scan manifests/ --list core --list gpu
  cube-bundle scan cube-studio/ --report report.html --bundle site.tar.zst
  cube-bundle scan cube-studio/ --output json | jq -r '.references[] | select(.used).reference'
"""


@click.command(help=_HELP)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option(
    "--list",
    "lists",
    multiple=True,
    metavar="LIST",
    help="Compare with this image list, a profile or a file. Repeatable.  [default: all profiles]",
)
@click.option(
    "--own-list", is_flag=True, help="Compare with the list that the platform keeps by hand."
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="GLOB",
    help="Leave out files whose path below PATH fits, as 'docs/*'. Repeatable.",
)
@allow_option
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    type=click.Path(path_type=Path),
    help="What is applied, where there is no start script and PATH is no Cube Studio. Repeatable.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Fail if something in use is on no list, no reference, or cannot be told, and no "
    "allow-list says why.",
)
@click.option("--places", is_flag=True, help="Show every place, not only the first of each.")
@output_option
@scan_report_options
def scan(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    if values["own_list"] and values["lists"]:
        raise UsageError("--own-list and --list were both given", remedy="give one of the two")
    check_report_options(values)
    allow = take_allow(values)
    lists = read_lists(values["lists"] or shipped_lists())
    needed = read_lists(values["lists"] or (WHOLE_PLATFORM,))
    listed = _listed(lists, {one.profile for one in needed})
    recipes = [Recipe.read(path) for path in values["recipes"]]
    report = scan_paths(
        values["paths"], recipes=recipes or None, listed=[*listed], exclude=values["exclude"]
    )
    compared = own_list(report) if values["own_list"] else listed
    drift = drift_of(report, compared)
    coverage = coverage_by(lists, compared.keys(), report, allow)
    if values["output"] == "json":
        click.echo(json.dumps(report_document(report, drift), indent=1, ensure_ascii=False))
    else:
        click.echo(scan_text(report, drift, every_place=values["places"]))
    write_scan_page(report, drift, _entries(lists), values)
    tell_idle(coverage, allow)
    raise_all([*_unread(coverage), *(_holes(coverage, drift) if values["check"] else ())])


def _listed(lists: Sequence[ImageList], needed: Collection[str]) -> Listed:
    """The references of `lists`; only those of the profiles `needed` have to be in use."""
    found: Listed = {}
    for one in lists:
        for image in one.images:
            where = image.where if one.profile in needed else ""
            reference = image.origin.reference
            found[reference] = found.get(reference) or where
    return found


def _entries(lists: Sequence[ImageList]) -> dict[Reference, ListedImage]:
    """What the first list to name an image says of it."""
    return {image.origin.reference: image for one in reversed(lists) for image in one.images}


def _unread(coverage: Coverage) -> Iterable[AirgapError]:
    files = [one for one in coverage.holes if one.subject is Subject.FILE]
    if files:
        yield IntegrityError(
            f"{count_text(len(files), 'file')} could not be read as what it is, the first at "
            f"{files[0].where}",
            remedy="correct them, or leave them out with --exclude; everything else was scanned",
        )


def _holes(coverage: Coverage, drift: Drift) -> Iterable[AirgapError]:
    holes = [one for one in coverage.holes if one.subject is not Subject.FILE]
    if holes:
        click.echo(holes_text(holes), err=True)
        yield AirgapError(
            f"{count_text(len(holes), 'thing')} in use without a list and without a reason",
            remedy="add each to an image list with why it is needed, or put its line under "
            "`allow:` in a file for --allow, with the reason (version: 1 goes before it)",
        )
    if drift.collisions:
        yield AirgapError(
            f"{len(drift.collisions)} names would stand for more than one image when flattened",
            remedy="load them with cube-install, which keeps the whole name of each",
        )
