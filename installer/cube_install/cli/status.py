"""`cube-install status`: what is installed here, and what of a bundle is."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cube_airgap.errors import collected_in, raise_all
from cube_airgap.registry.registries import Registries
from cube_console.amounts import count_text, size_text
from cube_console.output_option import output_option
from cube_console.tables import table
from cube_install.cli.bundle_options import opened, optional_bundle_option
from cube_install.cli.cluster_options import cluster_options, names_cluster, take_cluster
from cube_install.cli.cluster_status import read_status, status_json, status_lines
from cube_install.cli.show_findings import show_findings
from cube_install.cli.site_options import (
    jobs_option,
    no_registry,
    take_optional_target,
    target_options,
)
from cube_install.harbor.finding import Finding, Severity
from cube_push.checks import check_not_all_absent, harbor_at
from cube_push.plan import plan_push
from cube_push.record.record import Records
from cube_push.seeking import survey

if TYPE_CHECKING:
    from cube_airgap.errors import AirgapError
    from cube_install.kubernetes.cluster import Cluster
    from cube_push.record.record import Record
    from cube_push.seeking import Survey
    from cube_push.target import Target

_HELP = """Show what was installed into the registry, and how the stack stands on the cluster.

Every push leaves a record in the registry and every deployment one in the cluster, so this works on
any machine that reaches them, without a bundle. With --bundle each of its images is looked for;
nothing is sent. The cluster is asked where --kubeconfig, --context or the site file names one: each
component with what of it is up, and why something is not. --watch shows that again and again.

\b
Examples:
  cube-install status --to harbor.example/cube-studio
  cube-install status --bundle site.tar.zst
  cube-install status --kubeconfig admin.conf --watch
"""
_PAUSE = 2.0


@click.command(help=_HELP)
@optional_bundle_option("Look for what this bundle has too: NAME.tar.zst, or one of its volumes.")
@target_options
@cluster_options
@jobs_option
@click.option("--watch", is_flag=True, help="Show the cluster until it is stopped with Ctrl-C.")
@output_option
def status(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target, is_named = take_optional_target(values), names_cluster(values) or values["watch"]
    if target is None and not is_named:
        raise no_registry()
    if values["watch"]:
        _watch(take_cluster(values))
    told: dict[str, Any] = {}
    lines: list[str] = []
    errors: list[AirgapError] = []  # one of both may be out of reach from here
    if target:
        with collected_in(errors):
            told, lines = _of_registry(target, values)
    if is_named:
        with collected_in(errors):
            seen = read_status(take_cluster(values))
            told["cluster"] = status_json(seen)
            lines += ["", *status_lines(seen)] if lines else [*status_lines(seen)]
    if told:
        in_json = values["output"] == "json"
        click.echo(json.dumps(told, indent=1) if in_json else "\n".join(lines))
    raise_all(errors)


def _watch(cluster: Cluster) -> NoReturn:
    """Raises AirgapError, KeyboardInterrupt."""
    while True:
        told = "\n".join(status_lines(read_status(cluster)))
        click.clear()
        click.echo(told)
        time.sleep(_PAUSE)


def _of_registry(target: Target, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What its records tell, for machines and for people. Raises AirgapError."""
    with Registries(target.access) as registries:
        destination = registries.destination(target.host)
        harbor = harbor_at(destination)
        if harbor:
            check_not_all_absent(target.projects, harbor)
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
            with opened(values["bundle"]) as bundle:
                plan = plan_push(bundle, target.relocation, target.host)
            surveyed = survey(plan, destination, values["jobs"], harbor)
            told["bundle"] = _standing(surveyed)
    return told, _text(told, history)


def _standing(surveyed: Survey) -> dict[str, Any]:
    """What of the bundle is there."""
    plan = surveyed.plan
    missing = [str(image.origin) for image, _ in surveyed.pending]
    missing += [str(one.origin) for one in plan.failures]
    return {
        "bundle": str(plan.bundle),
        "images": len(plan.images) + len(plan.failures) + len(plan.assumed_images),
        "missingImages": sorted([*missing, *surveyed.lost_names]),
        "missingSize": surveyed.standing.missing_size,
    }


def _text(told: dict[str, Any], history: tuple[Record, ...]) -> list[str]:
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
    return lines


def _of_bundle(told: dict[str, Any]) -> list[str]:
    missing = told["missingImages"]
    there = told["images"] - len(missing)
    lines = [f"missing: {name}" for name in missing]
    count = f"{there} of {count_text(told['images'], 'image')}"
    if not missing:
        return [f"bundle {told['bundle']} is there whole: {count}"]
    size = size_text(told["missingSize"])
    return [*lines, f"bundle {told['bundle']}: {count} there, {size} to send"]
