"""Options by which a user says which installers a bundle brings along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.errors import UsageError
from cube_bundle.lock import FileOrigin
from cube_bundle.programs import Installer, check_locked, chosen_installers, members

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_bundle.lock import Lock, LockedFile
    from cube_bundle.order import Order

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_OPTIONS = (
    click.option(
        "--installer",
        "installers",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A self-contained cube-install to bring along, the one for most hosts first. "
        "Repeatable.  [default: those that came with this program, for the platforms]",
    ),
    click.option(
        "--no-installer", is_flag=True, help="Bring no cube-install along; no delta does unasked."
    ),
)


def installer_options(command: _Command) -> _Command:
    """Add the options; a command takes them with with_installers()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def with_installers(order: Order, values: dict[str, Any]) -> tuple[Order, tuple[Installer, ...]]:
    """The order with the installers that the bundle is to bring along.

    One of images alone, and a delta, bring none that is not asked for. Raises AirgapError.
    """
    given, unwanted = values["installers"], values["no_installer"]
    if given and unwanted:
        raise UsageError(
            "--installer and --no-installer say two things", remedy="leave one of them out"
        )
    installers = chosen_installers(given, order.selection.platforms)
    found = members(installers)
    if order.lock is not None:
        locked = _programs_of(order.lock)
        if given and not locked:
            raise UsageError(
                "the lock has no installer", remedy="leave --installer out, or lock anew with it"
            )
        check_locked(locked, found)
        found = {one.path: found[one.path] for one in locked}
        installers = tuple(one for one in installers if one.content in found.values())
    elif unwanted or not (given or _is_whole_platform(order)):
        return order, ()
    return replace(order, seeds=order.seeds.with_programs(found)), installers


def _programs_of(lock: Lock) -> list[LockedFile]:
    return [one for one in lock.files if one.origin is FileOrigin.PROGRAM]


def _is_whole_platform(order: Order) -> bool:
    return bool(order.seeds.contents) and not order.evidence.paths
