"""`cube-bundle build`: from images to a bundle."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import UsageError
from cube_airgap.registry.registries import Registries
from cube_airgap.registry.web_files import WebFiles
from cube_airgap.volumes import BUNDLE_SUFFIX
from cube_bundle.assets.resolution import AssetResolver
from cube_bundle.cli.image_options import image_options, take_allow, take_asked, take_selection
from cube_bundle.cli.installer_options import installer_options, with_installers
from cube_bundle.cli.show_build import built_json, built_text, plan_json, plan_text
from cube_bundle.cli.show_coverage import check_coverage
from cube_bundle.cli.sign_option import sign_key_option, take_sign_key
from cube_bundle.cli.stdout_bundle import STDOUT, opened_target, stream
from cube_bundle.coverage.closing import Asked, closure_of, coverage_of_lock
from cube_bundle.far_side import Evidence
from cube_bundle.image_list import WHOLE_PLATFORM
from cube_bundle.lock import Lock
from cube_bundle.order import Order, prepared
from cube_bundle.programs import write_beside
from cube_bundle.resolution import Resolver
from cube_bundle.staging_directory import staging
from cube_console.amounts import parse_size
from cube_console.output_option import output_option
from cube_console.progress import shown_progress
from cube_console.registry_options import registry_options, take_registry_access

if TYPE_CHECKING:
    from cube_airgap.registry.access import RegistryAccess
    from cube_bundle.build import Target
    from cube_bundle.order import Prepared

_HELP = """Write images, and all else that a site needs, into one bundle.

IMAGE is a reference, as nginx:1.27, or docker-daemon:NAME, oci:DIR[:NAME] or
docker-archive:FILE[:NAME]; NAME=IMAGE gives it another name in the bundle. Without IMAGE, --list
and --lock the bundle holds the whole platform. Lists bring files along that the platform would
download, and its job templates.

With --checkout, all that the checkout has in use is taken besides; with --list, only what is on
those lists or on none. If anything in use would then be missing, and no reason says why, nothing is
downloaded and the exit code is 5.

With --since or --have the bundle is a delta: it names all images, and leaves out those that the far
side has as they are, and the layers that it has of others. Pushing it there finds out, before
anything is written, whether that is so.

A build that was stopped or failed goes on where it was when the same command is run again.

\b
Examples:
  cube-bundle build nginx:1.27 redis:7 -o web.tar.zst
  cube-bundle build --list core --list gpu --platform linux/arm64 -o site.tar.zst
  cube-bundle build --list core --mirror docker.io=mirror.example -o core.tar.zst
  cube-bundle build --checkout cube-studio/ --allow site-allow.yaml -o site.tar.zst
  cube-bundle build --lock site.lock.yaml -o site.tar.zst
  cube-bundle build --list core --reuse old.tar.zst --volume-size 4G -o new.tar.zst
  cube-bundle build --list core --since old.tar.zst -o delta.tar.zst
"""


@click.command(help=_HELP)
@image_options
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The bundle to write, NAME{BUNDLE_SUFFIX}, or - for stdout.  [default: named after the "
    f"only list, else {WHOLE_PLATFORM}{BUNDLE_SUFFIX}]",
)
@click.option(
    "--lock",
    "lock_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Build just what this lock says, instead of images and lists.",
)
@click.option(
    "--reuse",
    multiple=True,
    type=click.Path(path_type=Path),
    help="An older bundle to take blobs from instead of downloading them. Repeatable.",
)
@click.option(
    "--since",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Write a delta: leave out what this bundle, or the one of this lock, brought inside. "
    "Repeatable.",
)
@click.option(
    "--have",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Write a delta: leave out what is on this have-list (see cube-install have). Repeatable.",
)
@click.option(
    "--after",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Say that the new bundle takes the place of this one, and assume nothing: where it is in, "
    "the older one is refused. --since says so too. Repeatable.",
)
@click.option(
    "--look-closer",
    is_flag=True,
    help="Ask what is attached to images also where their digests are as --since says: signatures "
    "may have been added.",
)
@click.option(
    "--volume-size", metavar="SIZE", help="Write volumes of this size, as 4G, for small media."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 16),  # each holds a frame of 4 MiB: more would take over 200 MB
    default=4,
    show_default=True,
    help="Parallel downloads.",
)
@installer_options
@sign_key_option
@registry_options
@click.option("--dry-run", is_flag=True, help="Resolve all, show the plan, and write nothing.")
@output_option
def build(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    access = take_registry_access(values)
    path = values["out"] or Path(_default_name(values) + BUNDLE_SUFFIX)
    size = parse_size(values["volume_size"]) if values["volume_size"] else 0
    with opened_target(path, size) as target:
        sign_key = take_sign_key(values)  # it may ask, and who is asked should not have to wait
        order = replace(_order(values, target), sign_key=sign_key)
        order, installers = with_installers(order, values)
        _build(order, access, values)
        if not values["dry_run"] and values["out"] != STDOUT:
            for one in write_beside(installers, target.path):
                click.echo(f"{one} written: the installer that runs without Python", err=True)


def _build(order: Order, access: RegistryAccess, values: dict[str, Any]) -> None:
    jobs, in_json = values["jobs"], values["output"] == "json"
    order.target.check()
    with (
        staging(order.target.path) as directory,
        Registries(access) as registries,
        WebFiles(access) as files,
    ):
        looking = shown_progress("resolving", "images")
        resolver = Resolver(registries, directory, jobs, looking)
        assets = AssetResolver(files, directory, jobs, shown_progress("resolving", "files"))
        with prepared(order, resolver, assets) as ready:
            if not values["dry_run"]:
                _carry_out(ready, values)
                return
            click.echo(json.dumps(plan_json(ready), indent=1) if in_json else plan_text(ready))


def _carry_out(ready: Prepared, values: dict[str, Any]) -> None:
    if ready.is_continuation:
        click.echo("note: going on with the unfinished bundle and its own lock", err=True)
    if ready.order.evidence.paths and not ready.plan.catalogue.assumes:
        click.echo("note: the far side has nothing of this: the bundle is a whole one", err=True)
    if values["out"] == STDOUT:
        stream(ready, values["jobs"])
        return
    items = "images and files" if ready.lock.assets else "images"
    built = ready.carry_out(values["jobs"], shown_progress("bundling", items))
    if values["output"] == "json":
        click.echo(json.dumps(built_json(ready, built), indent=1))
    else:
        click.echo(built_text(ready, built))


def _order(values: dict[str, Any], target: Target) -> Order:
    lock_file = values["lock_file"]
    reuse = tuple(values["reuse"])
    evidence = Evidence(tuple(values["since"]), tuple(values["have"]), tuple(values["after"]))
    if lock_file is not None:
        _check_lock_is_alone(values)
        lock = Lock.read(lock_file)
        order = Order(target, lock=lock, reuse=reuse, evidence=evidence)
        return _locked_order(order, values)
    selection = take_selection(values)
    asked = take_asked(values, selection)
    closure = closure_of(asked)
    check_coverage(closure.coverage, asked.allow, values["output"])
    return Order(
        target=target,
        requests=closure.images,
        selection=selection,
        reuse=reuse,
        assets=closure.assets,
        seeds=closure.seeds,
        allowed=closure.coverage.allowed,
        evidence=evidence,
        looks_closer=values["look_closer"],
    )


def _check_lock_is_alone(values: dict[str, Any]) -> None:
    told = ("images", "lists", "platforms", "no_referrers", "skipped", "stack")
    if any(values[name] for name in told):
        raise UsageError(
            "a lock says already which images, files, platforms and referrers to take",
            remedy="give --lock alone, or make another lock with `cube-bundle lock`",
        )


def _locked_order(order: Order, values: dict[str, Any]) -> Order:
    """The order with the files of its lock; the lock must cover the checkout, if one is given."""
    allow = take_allow(values)
    asked = Asked(checkout=values["checkout"], allow=allow, exclude=values["exclude"])
    seeds, coverage = coverage_of_lock(order.lock or Lock(()), asked)
    if asked.checkout is not None:
        check_coverage(coverage, allow, values["output"])
    return replace(order, seeds=seeds)


def _default_name(values: dict[str, Any]) -> str:
    if values["lock_file"]:
        name: str = values["lock_file"].name
        return name.removesuffix(".yaml").removesuffix(".lock")
    only_list = len(values["lists"]) == 1 and not values["images"]
    return Path(values["lists"][0]).stem if only_list else WHOLE_PLATFORM
