"""`cube-install prune`: what no refresh needs any more, listed, and deleted when told so."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import UsageError, raise_all
from cube_airgap.file_range import read_head
from cube_airgap.registry.registries import Registries
from cube_console.amounts import count_text, size_text
from cube_console.output_option import output_option
from cube_console.progress import shown_progress
from cube_console.tables import table
from cube_harbor.projects import list_projects
from cube_install.cli.cluster_options import cluster_options, take_cluster
from cube_install.cli.pushing import opened
from cube_install.cli.show_findings import show_findings
from cube_install.cli.site_options import jobs_option, take_target, target_options
from cube_install.database.asking import images_in_use
from cube_install.harbor.finding import Finding, Severity
from cube_install.prune.candidates import find_candidates
from cube_install.prune.mentions import Mentions
from cube_install.prune.pruning import delete, judge
from cube_install.prune.recorded import read_sets
from cube_push.checks import harbor_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_airgap.errors import AirgapError
    from cube_airgap.registry.destination import Destination
    from cube_harbor.api import HarborApi
    from cube_install.prune.pruning import Deleted, Judged
    from cube_push.relocation_record import RelocatedImage

_LARGEST_FILE = 64 << 20
_TEXT_MEMBERS = ("job-templates/", "init-data/", "stack/")

_HELP = """List images in Harbor that no refresh needs any more; delete them with --confirm.

Only what a push or a sync of ours brought is looked at, as the records in the registry tell. What a
record in force has stays; so do as many older versions of a repository as its list says (keep). A
record is in force until a later one says that it follows it, is of the same bundle, or has all of
its repositories.

Besides, nothing is deleted that a workload, a CronJob or a ConfigMap of the cluster names; that a
record of another project has; that is part of another image; that somebody gave a tag of his own;
that rows of the platform's database name (--with-database); that the job templates, seed data or
stack of --bundle name; or that a file of --used names: image lists, a dump of that database,
whatever is text. Signatures go with their images, and Harbor frees the space with its next garbage
collection.

\b
Examples:
  cube-install prune --to harbor.example/cube-studio
  cube-install prune --kubeconfig ~/.kube/config --used users-images.txt
  cube-install prune --kubeconfig ~/.kube/config --with-database --confirm
"""


@click.command(help=_HELP)
@target_options
@cluster_options
@click.option(
    "--no-cluster", is_flag=True, help="There is no cluster whose workloads could need anything."
)
@click.option(
    "--with-database",
    is_flag=True,
    help="Ask the platform's database in that cluster too, and keep what its rows name.",
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="Keep what the job templates, seed data and stack of this bundle name too.",
)
@click.option(
    "--used",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Keep what this file names: an image list, or any other text. Repeatable.",
)
@click.option(
    "--skip-project",
    "skipped",
    multiple=True,
    metavar="NAME",
    help="Do not look for records in other projects of this name, in which * stands for anything: "
    "nothing here is for them. Repeatable.",
)
@click.option("--confirm", is_flag=True, help="Delete what nothing holds, in place of listing it.")
@jobs_option
@output_option
def prune(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    _check_cluster(values)
    unreadable: list[AirgapError] = []
    with Registries(target.access) as registries:
        destination = registries.destination(target.host)
        harbor = harbor_at(destination)
        if harbor is None:
            raise UsageError(
                f"{target.host} is no Harbor: what it has cannot be deleted safely",
                remedy="leave the images there, or delete them with the registry's own means",
            )
        mentions = _mentions(values)
        sets = read_sets(destination, target.project, unreadable.append)
        own = (target.project.partition("/")[0], *values["skipped"])
        others = _others(harbor, own)
        needed = _needed_by(others, destination, unreadable, values["jobs"]) if sets else ()
        candidates = find_candidates(sets, needed)
        judged = judge(candidates, harbor, mentions, values["jobs"])
        _check_readable(unreadable, values)
        deleted = delete(judged, harbor) if values["confirm"] else ()
    _show(judged, deleted, values)
    raise_all([one.error for one in deleted if one.error])


def _check_cluster(values: dict[str, Any]) -> None:
    """Who deletes has to say whether something runs that could need it."""
    is_named = values["kubeconfig"] or values["context"]
    if values["confirm"] and not is_named and not values["no_cluster"]:
        raise UsageError(
            "no cluster is named whose workloads could need what is deleted",
            remedy="name it with --kubeconfig or --context, or say --no-cluster",
        )
    if is_named and values["no_cluster"]:
        raise UsageError(
            "--no-cluster with --kubeconfig or --context", remedy="leave one of them out"
        )
    if values["with_database"] and not is_named:
        raise UsageError(
            "no cluster is named whose database is to be asked",
            remedy="name it with --kubeconfig or --context",
        )


def _mentions(values: dict[str, Any]) -> Mentions:
    mentions = Mentions()
    if values["kubeconfig"] or values["context"]:
        with closing(take_cluster(values)) as cluster:
            mentions.add_cluster(cluster)
            named = images_in_use(cluster) if values["with_database"] else {}
        for reference, places in named.items():
            mentions.add(f"the platform's database ({', '.join(places)})", str(reference))
    for path in values["used"]:
        mentions.add(str(path), read_head(path, _LARGEST_FILE).decode(errors="replace"))
    if values["bundle"]:
        with opened(values["bundle"]) as bundle:
            for file in bundle.catalogue.files:
                if file.path.startswith(_TEXT_MEMBERS) and file.size <= _LARGEST_FILE:
                    text = bundle.read_file(file.path).decode(errors="replace")
                    mentions.add(f"{file.path} of the bundle", text)
    return mentions


def _others(harbor: HarborApi, known: Sequence[str]) -> list[str]:
    """The names of the projects that are not `known`."""
    names = (project.name for project in list_projects(harbor))
    return [name for name in names if not any(fnmatchcase(name, one) for one in known)]


def _needed_by(
    projects: Sequence[str],
    destination: Destination,
    unreadable: list[AirgapError],
    jobs: int,
) -> list[RelocatedImage]:
    """What records in force of `projects` have: it may lie in ours too."""

    def read(project: str) -> list[RelocatedImage]:
        sets = read_sets(destination, project, unreadable.append)
        progress.item_done(project)
        return [image for one in sets if one.in_force for image in one.images]

    with (
        closing(shown_progress("reading records", "other projects")) as progress,
        ThreadPoolExecutor(jobs) as pool,
    ):
        progress.start(0, 0, len(projects))
        return [image for found in pool.map(read, projects) for image in found]


def _check_readable(unreadable: Sequence[AirgapError], values: dict[str, Any]) -> None:
    """What an unreadable record has is not known, so nothing may be deleted."""
    if values["confirm"]:
        raise_all(list(unreadable))
    show_findings([Finding(Severity.WARNING, one.what, one.remedy) for one in unreadable])


def _show(judged: Sequence[Judged], deleted: Sequence[Deleted], values: dict[str, Any]) -> None:
    failed = {id(one.judged) for one in deleted if one.error}
    gone = {id(one.judged) for one in deleted if not one.error}
    if values["output"] == "json":
        told = [one.to_json() | {"deleted": id(one) in gone} for one in judged]
        click.echo(json.dumps({"images": told}, indent=1))
        return
    rows = []
    for one in judged:
        state = "kept" if one.held else "deleted" if id(one) in gone else "not needed"
        state = "failed" if id(one) in failed else state
        image = one.candidate.image
        why = one.held or f"last in {one.candidate.record.rpartition('/')[2]}"
        rows.append((state, one.name, image.digest.short, size_text(one.size), why))
    if rows:
        header = ("STATE", "IMAGE", "DIGEST", "SIZE", "WHY")
        click.echo(f"{table(header, rows)}\n")
    click.echo(_summary(judged, gone, is_confirmed=values["confirm"]))


def _summary(judged: Sequence[Judged], gone: set[int], *, is_confirmed: bool) -> str:
    free = [one for one in judged if not one.held]
    size = size_text(sum(one.size for one in free))
    held = len(judged) - len(free)
    kept = f"; {held} more are not needed by a refresh, but held" if held else ""
    if not free:
        return f"nothing to delete{kept}"
    if is_confirmed:
        return f"{count_text(len(gone), 'image')} deleted{kept}"
    images = count_text(len(free), "image")
    return f"{images} of {size} in all could be deleted with --confirm{kept}"
