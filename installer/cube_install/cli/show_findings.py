"""What a look before an installation brought to light, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cube_console.amounts import count_text, size_text
from cube_console.plain_text import plain_text
from cube_install.harbor.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_install.harbor.finding import Finding
    from cube_install.preflight import Outlook

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


def outlook_json(outlook: Outlook) -> dict[str, Any]:
    """For machines; sizes in bytes, null where the registry could not be asked."""
    return {
        "ready": not outlook.errors,
        "images": outlook.image_count,
        "uploadSize": outlook.missing_size,
        "findings": findings_json(outlook.findings),
    }


def findings_json(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """For machines."""
    return [{"severity": one.severity, "what": one.what, "remedy": one.remedy} for one in findings]


def outlook_text(outlook: Outlook) -> str:
    """For people: every finding with what to do, and what comes next."""
    lines = [*finding_lines(outlook.findings)]
    lines += [""] if lines else []
    images = count_text(outlook.image_count, "image")
    size = outlook.missing_size
    sent = "" if size is None else f", {size_text(size)} to send"
    if outlook.errors:
        count = count_text(len(outlook.errors), "error")
        return "\n".join([*lines, f"not ready: {count} ({images}{sent})"])
    return "\n".join([*lines, f"ready: {images}{sent}"])


def show_findings(findings: Iterable[Finding]) -> None:
    """Tell of findings on stderr."""
    for line in finding_lines(findings):
        click.echo(line, err=True)


def finding_lines(findings: Iterable[Finding]) -> Iterable[str]:
    """For people: each with what to do."""
    for one in findings:
        mark = click.style(f"{one.severity}:", fg=_COLOURS[one.severity], bold=True)
        yield f"{mark} {plain_text(one.what)}"
        if one.remedy:
            yield f"  what to do: {plain_text(one.remedy)}"
