"""Options about where images go on to once they are in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_install.spreading import Copying, parse_copying, parse_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_harbor.preheat import Engine

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--replicate",
        multiple=True,
        metavar="NAME=URL[/PROJECT]",
        help="Have Harbor copy the project to the Harbor at URL afterwards, with the login for its "
        "host from --creds-file. Repeatable.",
    ),
    click.option(
        "--preheat",
        multiple=True,
        metavar="VENDOR=URL",
        help="Have Harbor let a P2P engine (dragonfly or kraken) spread the images to nodes "
        "afterwards. Repeatable.",
    ),
)


def spreading_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_spreading()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_spreading(values: dict[str, Any]) -> tuple[tuple[Copying, ...], tuple[Engine, ...]]:
    """Take the options out of a command's `values`. Raises UsageError."""
    return (
        tuple(parse_copying(text) for text in values.pop("replicate")),
        tuple(parse_engine(text) for text in values.pop("preheat")),
    )
