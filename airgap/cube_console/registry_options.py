"""Options by which a user says how registries are reached."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.registry.access import Mirror, RegistryAccess
from cube_airgap.registry.credentials import Credentials
from cube_airgap.registry.hosts import parse_host

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_MIRROR = click.option(
    "--mirror",
    "mirrors",
    multiple=True,
    metavar="HOST=MIRROR[/PREFIX]",
    help="Ask MIRROR first for what HOST has, as docker.io=mirror.example. Repeatable.",
)
_TRUST = (
    click.option(
        "--ca-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Trust the certificates in this file too.",
    ),
    click.option(
        "--insecure",
        multiple=True,
        metavar="HOST",
        help="Speak to this host without verified TLS, or by plain HTTP. Repeatable.",
    ),
)
_OPTIONS = (
    *_TRUST,
    click.option(
        "--creds-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Logins by host; without it, those of Docker's config.json are used.",
    ),
)


def trust_options(command: _Command) -> _Command:
    """Add whom to trust alone, for a command that asks no registry; taken with take_trust()."""
    for option in reversed(_TRUST):
        command = option(command)
    return command


def access_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_registry_access()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def registry_options(command: _Command) -> _Command:
    """Add the same, and mirrors to pull from."""
    return _MIRROR(access_options(command))


def take_trust(values: dict[str, Any]) -> RegistryAccess:
    """Take the options of trust_options() out of a command's `values`. Raises UsageError."""
    return RegistryAccess(
        ca_file=values.pop("ca_file"),
        insecure=frozenset(parse_host(text, where="--insecure") for text in values.pop("insecure")),
    )


def take_registry_access(values: dict[str, Any]) -> RegistryAccess:
    """Take the options out of a command's `values`. Raises UsageError."""
    return replace(
        take_trust(values),
        credentials=Credentials.read(
            docker_config=_docker_config(), creds_file=values.pop("creds_file")
        ),
        mirrors=tuple(Mirror.parse(text) for text in values.pop("mirrors", ())),
    )


def _docker_config() -> Path | None:
    """Where Docker keeps its logins (docs.docker.com, "docker login"); None without a home."""
    directory = os.environ.get("DOCKER_CONFIG")
    try:
        return (Path(directory) if directory else Path.home() / ".docker") / "config.json"
    except RuntimeError:  # a container's user that has no entry in passwd
        return None
