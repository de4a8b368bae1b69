"""Options by which a user chooses of a bundle's stack; a site file can stand for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.errors import UsageError
from cube_airgap.stack_entries import ValueType
from cube_airgap.stack_values import Given, Wishes
from cube_console.registry_options import take_trust, trust_options
from cube_install.cli.site_options import (
    no_registry,
    relocate_option,
    site_file,
    site_option,
    to_option,
)
from cube_install.render.site_registry import SiteRegistry
from cube_push.target import Target, parse_target, site_relocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.stack import Stack

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_TRUTHS = {"true": True, "false": False}

_CHOICES = (
    click.option(
        "--set",
        "set_values",
        multiple=True,
        metavar="NAME=VALUE",
        help="Give this value of the stack, in place of the site file's. Repeatable.",
    ),
    click.option(
        "--profile",
        "profiles_on",
        multiple=True,
        metavar="NAME",
        help="Switch this group of components on. Repeatable.",
    ),
    click.option(
        "--no-profile",
        "profiles_off",
        multiple=True,
        metavar="NAME",
        help="Switch this group of components off. Repeatable.",
    ),
)
_OPTIONS = (to_option, relocate_option, site_option, *_CHOICES)


def stack_options(command: _Command) -> _Command:
    """Add what names the registry and whom to trust for it, --site, and what is chosen of a stack.

    The command takes them with take_registry() and take_wishes().
    """
    for option in reversed(_OPTIONS):
        command = option(command)
    return trust_options(command)


def choice_options(command: _Command) -> _Command:
    """Add what is chosen of a stack alone, for a command that has options for a registry."""
    for option in reversed(_CHOICES):
        command = option(command)
    return command


def take_registry(values: dict[str, Any]) -> SiteRegistry:
    """The registry that is named, to which no way in is needed. Raises UsageError."""
    to, rules, access = values.pop("to"), values.pop("relocate"), take_trust(values)
    if to is None:
        raise no_registry()
    host, project = parse_target(to)
    return SiteRegistry.of(Target(host, project, site_relocation(project, rules), access))


def take_wishes(values: dict[str, Any], stack: Stack) -> Wishes:
    """What the site file and, before it, the command line choose of `stack`. Raises UsageError."""
    given = {}
    for text in values.pop("set_values"):
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text[:100]!r} gives no value", remedy="write NAME=VALUE")
        given[name] = Given(_typed(value, name, stack), f"--set {name}")
    on, off = values.pop("profiles_on"), values.pop("profiles_off")
    profiles = {name: Given(value=True, where=f"--profile {name}") for name in on}
    profiles |= {name: Given(value=False, where=f"--no-profile {name}") for name in off}
    file = site_file()
    return (file.wishes if file else Wishes()).but(Wishes(given, profiles))


def _typed(text: str, name: str, stack: Stack) -> str | int | bool:
    """A value as a site file would have it; what is wrong with it is told later."""
    value = stack.values.get(name)
    if value is not None and value.type is ValueType.BOOLEAN:
        return _TRUTHS.get(text.lower(), text)
    if value is not None and value.type is ValueType.INTEGER and text.lstrip("-").isdigit():
        return int(text)
    return text
