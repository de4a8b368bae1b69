"""`cube-bundle lock`: from images to their digests."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.disk import write_atomically
from cube_airgap.registry.registries import Registries
from cube_airgap.registry.web_files import WebFiles
from cube_bundle.assets.resolution import AssetResolver
from cube_bundle.build import Target
from cube_bundle.cli.image_options import image_options, take_asked, take_selection
from cube_bundle.cli.installer_options import installer_options, with_installers
from cube_bundle.cli.show_coverage import check_coverage
from cube_bundle.coverage.closing import closure_of
from cube_bundle.far_side import FarSide
from cube_bundle.lock import LOCK_SUFFIX
from cube_bundle.order import Order, locked, resolved
from cube_bundle.resolution import Resolver
from cube_console.amounts import count_text
from cube_console.output_file import OutputFile
from cube_console.progress import shown_progress
from cube_console.registry_options import registry_options, take_registry_access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.registry.access import RegistryAccess
    from cube_bundle.lock import Lock

_HELP = f"""Resolve images to digests, for review or a later build.

The lock is YAML that a person can read: each image with its digest, platforms and what is attached
to it. `cube-bundle build --lock` builds just that, however the tags move meanwhile. A file that no
list pins is downloaded once to learn its digest, and not kept.

\b
Examples:
  cube-bundle lock nginx:1.27
  cube-bundle lock --list core -o core{LOCK_SUFFIX}
"""


@click.command(help=_HELP)
@image_options
@click.option(
    "-o",
    "--out",
    type=OutputFile(),
    help=f"The file to write, NAME{LOCK_SUFFIX}.  [default: stdout]",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Parallel look-ups."
)
@installer_options
@registry_options
def lock(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    access = take_registry_access(values)
    selection = take_selection(values)
    asked = take_asked(values, selection)
    closure = closure_of(asked)
    check_coverage(closure.coverage, asked.allow, "text")
    order = Order(
        target=Target(values["out"] or Path(LOCK_SUFFIX)),
        requests=closure.images,
        selection=selection,
        assets=closure.assets,
        seeds=closure.seeds,
        allowed=closure.coverage.allowed,
    )
    order, _ = with_installers(order, values)
    lock = _resolved(order, access, values["jobs"])
    text = lock.encode()
    if values["out"] is None:
        click.echo(text.decode(), nl=False)
    else:
        write_atomically(values["out"], text)
        click.echo(f"{values['out']} written: {count_text(len(lock.images), 'image')}")


def _resolved(order: Order, access: RegistryAccess, jobs: int) -> Lock:
    looking = shown_progress("resolving", "images")
    with (
        Registries(access) as registries,
        WebFiles(access) as files,
        _staging(order.target.path) as staging,
    ):
        resolver = Resolver(registries, staging, jobs, looking)
        assets = AssetResolver(files, None, jobs, shown_progress("resolving", "files"))
        return locked(order, resolved(order, resolver, assets, FarSide()))


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """Where a daemon's images lie meanwhile: beside the lock, for a temporary disk may be small.

    It is made when it is needed, which is seldom.
    """
    directory = out.with_name(f"{out.name}.{os.getpid()}.staging")
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
