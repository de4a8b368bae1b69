"""`cube-bundle scan`: every image and download that a checkout can ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import AirgapError, IntegrityError, UsageError, raise_all
from cube_bundle.cli.report_options import (
    check_report_options,
    scan_report_options,
    write_scan_page,
)
from cube_bundle.cli.show_scan import scan_text
from cube_bundle.image_list import WHOLE_PLATFORM, read_lists, shipped_lists
from cube_console.output_option import output_option
from cube_scan.drift import Drift, Listed, drift_of, own_list
from cube_scan.findings import Kind
from cube_scan.recipe import Recipe
from cube_scan.report import report_document
from cube_scan.scan import ScanReport
from cube_scan.scan import scan as scan_paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from cube_airgap.reference import Reference
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
    help="Fail if something in use is on no list, no reference, or cannot be told.",
)
@click.option("--places", is_flag=True, help="Show every place, not only the first of each.")
@output_option
@scan_report_options
def scan(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    if values["own_list"] and values["lists"]:
        raise UsageError("--own-list and --list were both given", remedy="give one of the two")
    check_report_options(values)
    lists = read_lists(values["lists"] or shipped_lists())
    needed = read_lists(values["lists"] or (WHOLE_PLATFORM,))
    listed = _listed(lists, {one.profile for one in needed})
    recipes = [Recipe.read(path) for path in values["recipes"]]
    report = scan_paths(
        values["paths"], recipes=recipes or None, listed=[*listed], exclude=values["exclude"]
    )
    drift = drift_of(report, own_list(report) if values["own_list"] else listed)
    if values["output"] == "json":
        click.echo(json.dumps(report_document(report, drift), indent=1, ensure_ascii=False))
    else:
        click.echo(scan_text(report, drift, every_place=values["places"]))
    write_scan_page(report, drift, _entries(lists), values)
    raise_all([*_unread(report), *(_holes(report, drift) if values["check"] else ())])


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


def _unread(report: ScanReport) -> Iterable[AirgapError]:
    if not report.is_whole:
        errors = [problem for problem in report.problems if problem.severity == "error"]
        yield IntegrityError(
            f"{len(errors)} places could not be read as what they are, the first {errors[0]}",
            remedy="correct them, or leave them out with --exclude; everything else was scanned",
        )


def _holes(report: ScanReport, drift: Drift) -> Iterable[AirgapError]:
    doubtful = [
        finding
        for kind in (Kind.INVALID, Kind.UNKNOWN)
        for finding in report.of_kind(kind)
        if finding.state.is_used
    ]
    if drift.unlisted:
        yield AirgapError(
            f"{len(drift.unlisted)} images are in use but on no list",
            remedy="add them to an image list, each with why it is needed",
        )
    if drift.collisions:
        yield AirgapError(
            f"{len(drift.collisions)} names would stand for more than one image when flattened",
            remedy="load them with cube-install, which keeps the whole name of each",
        )
    if doubtful:
        yield AirgapError(
            f"{len(doubtful)} texts in use are no reference, or cannot be told",
            remedy="look at the places shown, and correct or list what they stand for",
        )
