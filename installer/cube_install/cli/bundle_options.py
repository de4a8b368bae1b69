"""Options by which a user names a bundle and says who has to have signed it, and opening it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.bundle import Bundle
from cube_airgap.errors import UsageError
from cube_console.trusted_keys import trusted, trusted_key_option

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def bundle_option(command: _Command) -> _Command:
    """Add --bundle, which has to be given, and --trusted-key."""
    option = click.option(
        "--bundle",
        required=True,
        type=click.Path(path_type=Path),
        help="The bundle: NAME.tar.zst, one of its volumes, or - for a pipe.",
    )
    return option(trusted_key_option(command))


def optional_bundle_option(what_for: str) -> Callable[[_Command], _Command]:
    """Add the same where a bundle may be named; its help says `what_for`."""

    def add(command: _Command) -> _Command:
        option = click.option("--bundle", type=click.Path(path_type=Path), help=what_for)
        return option(trusted_key_option(command))

    return add


def opened(path: Path) -> Bundle:
    """The bundle file at `path`, which the user trusts. Raises AirgapError, UntrustedError too."""
    return trusted(Bundle.open(path))


def opened_or_piped(path: Path) -> Bundle:
    """The same, or, for `-`, the one that comes through stdin."""
    if str(path) != "-":
        return opened(path)
    if sys.stdin.isatty():
        raise UsageError(
            "nothing comes through stdin, where the bundle is to come from",
            remedy="pipe it in, as in: ssh outside cat site.tar.zst | cube-install --bundle -",
        )
    return trusted(Bundle.receive(sys.stdin.buffer))
