"""Where a password comes from: a file or the environment, never a command line."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.registry.login import Login

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PASSWORD_VARIABLE = "CUBE_INSTALL_PASSWORD"  # noqa: S105 - the name of a variable
_LARGEST = 64 << 10


def login_from_file(username: str, path: Path) -> Login:
    """The login of `username` with the password that is the content of `path`.

    A line's end at its end is not part of it. Raises UsageError, which does not quote it.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        mode = path.stat().st_mode
    except OSError as error:
        raise UsageError(
            f"the password file {path} cannot be read: {error.strerror}",
            remedy="name a file that you may read with --password-file",
        ) from None
    if stat.S_ISREG(mode) and mode & stat.S_IRWXO:
        raise UsageError(
            f"everyone on this host may use the password file {path}",
            remedy=f"take the rights of others away: chmod o-rwx {path}",
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
