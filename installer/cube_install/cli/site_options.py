"""Options by which a user says where the site's registry is; a site file can stand for them.

A flag wins over the environment, the environment over the site file, and that over the default.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from cube_airgap.errors import UsageError
from cube_airgap.relocation import DEFAULT_PROJECT
from cube_console.registry_options import access_options, take_registry_access
from cube_install.site.secret_sources import (
    PASSWORD_VARIABLE,
    login_from_environment,
    login_from_file,
)
from cube_install.site.site_file import DEFAULT_NAME, SiteFile
from cube_push.target import Target, parse_target, site_relocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.registry.access import RegistryAccess
    from cube_airgap.registry.login import Login

_SITE_FILE = f"{__name__}.site_file"
_RANKS = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)
_Command = TypeVar("_Command", bound="Callable[..., Any]")


def _load(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Let the site file's values be the defaults of the options that come after."""
    # Whatever has that name is meant, and told of if it cannot be read. Where this user may not
    # look into the directory there is none.
    if path is None and os.path.lexists(DEFAULT_NAME):
        path = Path(DEFAULT_NAME)
    if path is not None:
        file = SiteFile.read(path)
        ctx.meta[_SITE_FILE] = file
        ctx.default_map = {**(ctx.default_map or {}), **file.settings}


def site_file() -> SiteFile | None:
    """The site file of the command that runs, if there is one."""
    found: SiteFile | None = click.get_current_context().meta.get(_SITE_FILE)
    return found


site_option = click.option(
    "--site",
    type=click.Path(dir_okay=False, path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_load,
    help=f"The site file.  [default: {DEFAULT_NAME}, where it is there]",
)
"""Add --site, whose values stand for options that are not given."""

jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Parallel requests."
)
relocate_option = click.option(
    "--relocate",
    multiple=True,
    metavar="ORIGIN=PROJECT[/PATH]",
    help="Put images whose names begin with ORIGIN below PATH. Repeatable.",
)
to_option = click.option(
    "--to",
    metavar="HOST[:PORT][/PROJECT]",
    help=f"The registry, and the project in it.  [default project: {DEFAULT_PROJECT}]",
)
_OPTIONS = (
    to_option,
    relocate_option,
    click.option(
        "--username",
        help="Log in to the registry as this user. The password comes from --password-file, or "
        f"from the environment ({PASSWORD_VARIABLE}), and never from the command line.",
    ),
    click.option(
        "--password-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The file that holds the password and nothing else.",
    ),
    click.option(
        "--password-env",
        metavar="VARIABLE",
        help=f"The environment variable that holds the password.  [default: {PASSWORD_VARIABLE}]",
    ),
    access_options,
    site_option,
)


def target_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_target()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_target(values: dict[str, Any]) -> Target:
    """Take the options out of a command's `values`. Raises UsageError where no registry is named.

    Raises AirgapError for logins that cannot be read.
    """
    target = take_optional_target(values)
    if target is None:
        raise no_registry()
    return target


def no_registry() -> UsageError:
    """What to tell a user who named no registry where one is needed."""
    return UsageError(
        "no registry is named",
        remedy=f"give --to HOST/PROJECT, or set CUBE_INSTALL_TO, or write {DEFAULT_NAME} with "
        "cube-install init",
    )


def take_optional_target(values: dict[str, Any]) -> Target | None:
    """The same, or None where no registry is named."""
    access = take_registry_access(values)
    to, rules = values.pop("to"), values.pop("relocate")
    login = _take_login(values)
    if to is None:
        return None
    host, project = parse_target(to)
    if login is not None:
        access = with_login(access, host, login)
    return Target(host, project, site_relocation(project, rules), access)


def with_login(access: RegistryAccess, host: str, login: Login) -> RegistryAccess:
    """The same ways in, but for `host` with `login`."""
    return replace(access, credentials=access.credentials.with_login(host, login))


def _take_login(values: dict[str, Any]) -> Login | None:
    username, path = values.pop("username"), values.pop("password_file")
    variable = values.pop("password_env")
    if username is None:
        if path is not None:
            raise UsageError(
                f"the password file {path} is given, and no user name",
                remedy="give --username too, or --creds-file in place of both",
            )
        return None
    # Of two that are given, the one counts that was said more directly.
    if path is not None and _rank("password_file") <= _rank("password_env"):
        return login_from_file(username, path)
    return login_from_environment(username, variable or PASSWORD_VARIABLE, os.environ)


def _rank(name: str) -> int:
    source = click.get_current_context().get_parameter_source(name)
    return _RANKS.index(source) if source in _RANKS else len(_RANKS)
