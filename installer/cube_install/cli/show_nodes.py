"""What became of nodes, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cube_console.amounts import count_text
from cube_console.plain_text import plain_text
from cube_console.tables import table
from cube_install.cli.show_findings import show_findings
from cube_install.harbor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_install.nodes.rollout import NodeReport


def nodes_json(reports: Sequence[NodeReport]) -> dict[str, Any]:
    """For machines."""
    return {"ready": all(one.is_well for one in reports), "nodes": [_json(one) for one in reports]}


def _json(report: NodeReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "state": report.state.value,
        "runtime": _runtime(report),
        "files": [one.path for one in report.plan.files] if report.plan else [],
        "restarts": [service for _, service in report.plan.services] if report.plan else [],
        "findings": [
            {"severity": one.severity, "what": one.what, "remedy": one.remedy}
            for one in _findings(report)
        ],
    }


def nodes_text(reports: Sequence[NodeReport]) -> str:
    """For people: a table, and how many are well."""
    rows = [
        (plain_text(one.name), one.state.value, plain_text(_runtime(one)), _changes(one))
        for one in reports
    ]
    well = sum(one.is_well for one in reports)
    told = f"{well} of {count_text(len(reports), 'node')} well"
    return f"{table(('NODE', 'STATE', 'RUNTIME', 'CHANGES'), rows)}\n\n{told}"


def tell_findings(reports: Sequence[NodeReport]) -> None:
    """Tell on stderr what was found on each node."""
    for report in reports:
        found = _findings(report)
        if found:
            click.echo(f"{plain_text(report.name)}:", err=True)
            show_findings(found)


def _findings(report: NodeReport) -> tuple[Finding, ...]:
    return (*report.findings, *([Finding.of(report.error)] if report.error else []))


def _runtime(report: NodeReport) -> str:
    survey = report.survey
    if survey is None:
        return ""
    if survey.rancher is not None:
        return survey.rancher[1]
    found = [name for name in ("docker", "containerd") if survey.has(name)]
    return ", ".join(f"{name} {survey.facts[name]}" for name in found)


def _changes(report: NodeReport) -> str:
    if report.plan is None or not report.plan.files:
        return ""
    told = [count_text(len(report.plan.files), "file")]
    return ", ".join(told + [f"{action} {service}" for action, service in report.plan.services])
