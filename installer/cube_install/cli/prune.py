"""`cube-install prune`: what no refresh needs any more, listed, and deleted when told so."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from fnmatch import fnmatchcase
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cube_airgap.errors import UsageError, raise_all
from cube_airgap.registry.registries import Registries
from cube_console.amounts import count_text, size_text
from cube_console.output_option import output_option
from cube_console.progress import shown_progress
from cube_console.tables import table
from cube_harbor.artifacts import list_repositories
from cube_harbor.identity import check_login
from cube_install.cli.bundle_options import opened_or_piped, optional_bundle_option
from cube_install.cli.cluster_options import cluster_options, take_cluster
from cube_install.cli.show_findings import show_findings
from cube_install.cli.site_options import jobs_option, take_target, target_options
from cube_install.database.asking import images_in_use
from cube_install.harbor.finding import Finding, Severity
from cube_install.prune.candidates import Needs, find_candidates
from cube_install.prune.cluster_texts import read_cluster, read_revisions
from cube_install.prune.mentions import Mentions
from cube_install.prune.pruning import Looker, delete, judge
from cube_install.prune.reading import RECORD_FOLDER, Reading
from cube_install.prune.used_files import text_pieces
from cube_push.checks import check_not_all_absent, harbor_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cube_airgap.errors import AirgapError
    from cube_airgap.reference import Reference
    from cube_airgap.registry.destination import Destination
    from cube_harbor.api import HarborApi
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.prune.pruning import Deleted, Judged
    from cube_install.prune.recorded import RecordedSet

_TEXT_MEMBERS = ("job-templates/", "init-data/", "stack/")

_HELP = """List images in Harbor that no refresh needs any more; delete them with --confirm.

Only what a push or a sync of ours brought is looked at, as the records in the registry tell. What a
record in force has stays; so do as many older versions of a repository as its list says (keep). A
record is in force until a later one, of a push that brought all, says that it follows it, is of the
same bundle, or has all of its repositories.

Besides, nothing is deleted that anything in the cluster names which runs or may start: workloads,
templates, ConfigMaps and every kind of custom resource, but for what has ended; that a revision
needs which rollback can go back to; that a record of another project has; that is part of another
image; that somebody gave a tag of his own; that rows of the platform's database name
(--with-database); that the job templates, seed data or stack of --bundle name; or that a file of
--used names: image lists, a dump of that database, whatever is text. Signatures go with their
images, and Harbor frees the space with its next garbage collection.

What may not be read, in Harbor or in the cluster, is told, and nothing is deleted then.

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
@optional_bundle_option("Keep what the job templates, seed data and stack of this bundle name too.")
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
@click.option(
    "--revisions",
    metavar="COUNT",
    type=click.IntRange(1),
    help="Keep what this many of the last revisions in the cluster's record need, and the last one "
    "that came up.  [default: what all of them need]",
)
@click.option(
    "--skip-kind",
    "skipped_kinds",
    multiple=True,
    metavar="PLURAL.GROUP",
    help="Do not look at objects of this kind in the cluster, in which * stands for anything: they "
    "name no image, or do not need it. Repeatable.",
)
@click.option("--confirm", is_flag=True, help="Delete what nothing holds, in place of listing it.")
@jobs_option
@output_option
def prune(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    _check_cluster(values)
    unknown: list[AirgapError] = []
    with Registries(target.access) as registries, _cluster_of(values) as cluster:
        destination = registries.destination(target.host)
        harbor = _harbor_at(destination)
        check_not_all_absent((target.project.partition("/")[0],), harbor)
        reading = Reading(
            destination, harbor, values["jobs"], partial(_note, unknown, target.project)
        )
        sets, needs = _recorded(reading, target.project, values["skipped"])
        candidates = find_candidates(sets, needs)
        looker = Looker(harbor, needs, values["jobs"])
        found = looker.look(candidates, shown_progress("looking", "repositories"))
        mentions = Mentions(frozenset(word for one in found if not one.held for word in one.words))
        if not all(one.held for one in found):
            _read_texts(mentions, values)
            unknown += _read_cluster(mentions, cluster, values) if cluster else ()
        judged = judge(found, mentions)
        _check_known(unknown, values)
        progress = shown_progress("deleting", "images")
        deleted = delete(judged, harbor, progress) if values["confirm"] else ()
    _show(judged, deleted, values)
    raise_all([one.error for one in deleted if one.error])


@contextmanager
def _cluster_of(values: dict[str, Any]) -> Iterator[Cluster | None]:
    """The cluster that is named, if one is; one that cannot be reached is told at once."""
    if not (values["kubeconfig"] or values["context"]):
        yield None
        return
    with closing(take_cluster(values)) as cluster:
        yield cluster


def _harbor_at(destination: Destination) -> HarborApi:
    """Its API. A login that Harbor refuses is told: it would show less, and say nothing."""
    harbor = harbor_at(destination)
    if harbor is None:
        raise UsageError(
            f"{destination.host} is no Harbor: what it has cannot be deleted safely",
            remedy="leave the images there, or delete them with the registry's own means",
        )
    if harbor.login:
        check_login(harbor)
    return harbor


def _check_cluster(values: dict[str, Any]) -> None:
    """Who deletes has to say whether something runs that could need it."""
    if values["no_cluster"]:
        _leave_cluster_of_site(values)
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


def _leave_cluster_of_site(values: dict[str, Any]) -> None:
    """As any option, --no-cluster wins over the environment and the site file."""
    source = click.get_current_context().get_parameter_source
    for name in ("kubeconfig", "context"):
        if source(name) is not ParameterSource.COMMANDLINE:
            values[name] = None


def _note(unknown: list[AirgapError], own: str, place: str, error: AirgapError) -> None:
    """Remember what cannot be read; in other projects that may be none of ours."""
    project = place.partition("/")[0]
    if project == own.partition("/")[0]:
        unknown.append(error)
        return
    remedy = (
        f"{error.remedy}; or, if nothing here is for it, leave it out: --skip-project {project}"
    )
    unknown.append(type(error)(error.what, remedy=remedy))


def _recorded(
    reading: Reading, place: str, skipped: Sequence[str]
) -> tuple[tuple[RecordedSet, ...], Needs]:
    """What was brought to `place`, and what records of any place need, since it may lie here."""
    own = place.partition("/")[0]
    repositories = [
        name
        for name in reading.find()
        if (project := name.partition("/")[0]) == own
        or not any(fnmatchcase(project, one) for one in skipped)
    ]
    if not any(name.startswith(f"{place}/{RECORD_FOLDER}/") for name in repositories):
        # Harbor shows nothing of a project that this login may not see, or that is not there.
        next(list_repositories(reading.harbor, own), None)
        return (), Needs()
    found = reading.read(repositories, shown_progress("reading", "records"))
    return found[place], reduce(or_, map(Needs.of, found.values()))


def _read_texts(mentions: Mentions, values: dict[str, Any]) -> None:
    """Raises AirgapError."""
    for path in values["used"]:
        for piece in text_pieces(path):
            mentions.add(str(path), piece)
    if values["bundle"]:
        with opened_or_piped(values["bundle"]) as bundle:
            for file in bundle.catalogue.files:
                if file.path.startswith(_TEXT_MEMBERS):
                    text = bundle.read_file(file.path).decode(errors="replace")
                    mentions.add(f"{file.path} of the bundle", text)


def _read_cluster(
    mentions: Mentions, cluster: Cluster, values: dict[str, Any]
) -> tuple[AirgapError, ...]:
    """Returned is what may not be looked at. Raises AirgapError."""
    named: Mapping[Reference, tuple[str, ...]] = {}
    if values["with_database"]:
        click.echo("asking the platform's database which images its rows name", err=True)
        named = images_in_use(cluster)
    progress = shown_progress("looking", "kinds in the cluster")
    skipped, jobs = values["skipped_kinds"], values["jobs"]
    unseen = read_cluster(cluster, mentions, skipped, jobs, progress)
    unread = read_revisions(cluster, mentions, values["revisions"])
    for reference, places in named.items():
        mentions.add(f"the platform's database ({', '.join(places)})", str(reference))
    return (*unseen, *unread)


def _check_known(unknown: Sequence[AirgapError], values: dict[str, Any]) -> None:
    """What could not be read may need anything, so nothing may be deleted."""
    if values["confirm"]:
        raise_all(unknown)
    show_findings([Finding(Severity.WARNING, one.what, one.remedy) for one in unknown])


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
        rows.append((state, one.name, image.digest.short, size_text(one.artifact.size), why))
    if rows:
        header = ("STATE", "IMAGE", "DIGEST", "SIZE", "WHY")
        click.echo(f"{table(header, rows)}\n")
    click.echo(_summary(judged, gone, is_confirmed=values["confirm"]))


def _summary(judged: Sequence[Judged], gone: set[int], *, is_confirmed: bool) -> str:
    free = [one for one in judged if not one.held]
    size = size_text(sum(one.artifact.size for one in free))
    held = len(judged) - len(free)
    kept = f"; {held} more are not needed by a refresh, but held" if held else ""
    if not free:
        return f"nothing to delete{kept}"
    if is_confirmed:
        return f"{count_text(len(gone), 'image')} deleted{kept}"
    images = count_text(len(free), "image")
    return f"{images} of {size} in all could be deleted with --confirm{kept}"
