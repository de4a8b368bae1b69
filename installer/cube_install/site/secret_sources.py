"""Where a password comes from: a file or the environment, never a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.registry.login import Login
from cube_airgap.secret_file import read_secret_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PASSWORD_VARIABLE = "CUBE_INSTALL_PASSWORD"  # noqa: S105 - the name of a variable
_LARGEST = 64 << 10


def login_from_file(username: str, path: Path) -> Login:
    """The login of `username` with the password that is the content of `path`.

    A line's end at its end is not part of it. Raises UsageError, which does not quote it.
    """
    raw = read_secret_file(
        path, "the password file", "name a file that you may read with --password-file"
    )
    try:
        password = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        password = ""
    if not password or len(raw) > _LARGEST or "\n" in password:
        raise UsageError(
            f"the password file {path} does not hold one line of text",
            remedy="write the password into it, and nothing else",
        )
    return Login(str(path), username, password)


def login_from_environment(username: str, variable: str, environment: Mapping[str, str]) -> Login:
    """The login of `username` with the password in `variable`. Raises MissingError."""
    password = environment.get(variable, "")
    if not password:
        raise MissingError(
            f"the environment variable {variable}, which is to have the password of {username}, "
            "is not set",
            remedy=f"export {variable}, or name a file with --password-file",
        )
    return Login(f"the environment variable {variable}", username, password)
