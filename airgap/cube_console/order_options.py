"""Options of a push that several commands share, and the order that comes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.errors import UsageError
from cube_console.output_file import OutputFile
from cube_push.checks import Missing
from cube_push.push import Order
from cube_push.sparse_indexes import SparseIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.registry.registries import Registries
    from cube_push.target import Target

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--create-project", is_flag=True, help="Make a Harbor project that is not there, private."
    ),
    click.option("--public", is_flag=True, help="Let everyone pull from a project that is made."),
    click.option(
        "--sparse-index",
        type=click.Choice([wish.value for wish in SparseIndex]),
        default=SparseIndex.AUTO.value,
        show_default=True,
        help="What becomes of an index of which the bundle has left out platforms. Harbor refuses "
        "those. auto: it is pushed where the registry takes it, else narrowed to the platforms "
        "that are there; keep: it is pushed, or nothing is; narrow: it is always narrowed.",
    ),
    click.option(
        "--jobs", type=click.IntRange(1, 32), default=4, show_default=True, help="Parallel uploads."
    ),
)

relocation_out_option = click.option(
    "--relocation-out",
    type=OutputFile(),
    default=Path("relocation.yaml"),
    show_default=True,
    help="Where to write what became of each image.",
)


def order_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_order()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_order(values: dict[str, Any], target: Target, registries: Registries) -> Order:
    """Take the options out of a command's `values`. Raises UsageError."""
    creates, public = values.pop("create_project"), values.pop("public")
    if public and not creates:
        raise UsageError(
            "--public is about a project that is made, and none is to be made",
            remedy="give --create-project too; a project that is there is made public in Harbor",
        )
    return Order(
        target.relocation,
        registries.destination(target.host),
        SparseIndex(values.pop("sparse_index")),
        _missing(creates=creates, public=public),
        values.pop("jobs"),
    )


def _missing(*, creates: bool, public: bool) -> Missing:
    if not creates:
        return Missing.REFUSED
    return Missing.CREATED_PUBLIC if public else Missing.CREATED
