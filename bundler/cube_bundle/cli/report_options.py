"""Options by which a user asks for a report as a page, and says where its sizes come from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.bundle import Bundle
from cube_airgap.disk import write_atomically
from cube_airgap.errors import UsageError
from cube_airgap.inspection import inspect_bundle
from cube_bundle.cli.asked_sizes import asked_sizes, size_options
from cube_bundle.cli.report_option import report_option
from cube_bundle.image_request import ImageRequest
from cube_bundle.report.html import page_html
from cube_bundle.report.scan_page import page_of_scan
from cube_bundle.report.story import ScanStory
from cube_bundle.sources import ImageOrigin
from cube_scan.drift import used_references

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cube_airgap.reference import Reference
    from cube_bundle.image_list import ListedImage
    from cube_bundle.report.page import Page
    from cube_scan.drift import Drift
    from cube_scan.scan import ScanReport

_BUNDLE = click.option(
    "--bundle",
    metavar="BUNDLE",
    type=click.Path(path_type=Path),
    help="Take the sizes for --report from this bundle, and tell what it lacks.",
)


def scan_report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --report and where sizes come from; the command takes them with write_scan_page()."""
    return report_option(_BUNDLE(size_options(command)))


def check_report_options(values: dict[str, Any]) -> None:
    """Raise UsageError where the options contradict each other; before any work is done."""
    given = [name for name in ("bundle", "sizes") if values[name]]
    if given and values["report"] is None:
        raise UsageError(
            f"--{given[0]} without --report", remedy="give --report FILE: sizes are shown there"
        )
    if len(given) > 1:
        raise UsageError("--bundle and --sizes were both given", remedy="give one of the two")


def write_scan_page(
    report: ScanReport,
    drift: Drift,
    listed: Mapping[Reference, ListedImage],
    values: dict[str, Any],
) -> None:
    """Write the page that `values` ask for, if they do. Raises AirgapError."""
    if values["report"] is None:
        return
    bundle = None
    if values["bundle"]:
        with Bundle.open(values["bundle"]) as opened:
            bundle = inspect_bundle(opened)
    requests = (_request(one, listed) for one in used_references(report.findings))
    sizes = asked_sizes(requests, values)
    write_page(values["report"], page_of_scan(ScanStory(report, drift, listed, bundle, sizes)))


def _request(reference: Reference, listed: Mapping[Reference, ListedImage]) -> ImageRequest:
    """What to ask for; lists may know that it comes from elsewhere than its name says."""
    entry = listed.get(reference)
    return entry.request if entry else ImageRequest(ImageOrigin.parse(str(reference)))


def write_page(path: Path, page: Page) -> None:
    """Write `page` to `path`, whole or not at all. Raises SpaceError."""
    write_atomically(path, page_html(page))
    click.echo(f"report: {path}", err=True)
