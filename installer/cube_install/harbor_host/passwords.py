"""Harbor's first passwords: the administrator's is the operator's to know, in a file of 0600."""

from __future__ import annotations

import os
import secrets
import string
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_harbor.secret import Secret, write_privately
from cube_install.harbor_host.harbor_yml import FirstPasswords
from cube_install.site.secret_sources import login_from_file

if TYPE_CHECKING:
    from pathlib import Path

ADMINISTRATOR = "admin"
_LETTERS = string.ascii_letters + string.digits
_SHORTEST = 8


def first_passwords(path: Path) -> FirstPasswords:
    """Those of a new Harbor: the administrator's from `path`, which is written if it is not there.

    Raises UsageError for a password that Harbor would not take later, SpaceError.
    """
    if not os.path.lexists(path):
        write_privately(path, f"{new_password()}\n")
    return FirstPasswords(read_password(path), Secret(new_password()))


def read_password(path: Path) -> Secret:
    """The administrator's password in the file at `path`. Raises UsageError, not quoting it."""
    text = login_from_file(ADMINISTRATOR, path).password
    kinds = (str.isupper, str.islower, str.isdigit)
    if len(text) < _SHORTEST or not all(any(map(kind, text)) for kind in kinds):
        raise UsageError(
            f"the password in {path} is none that Harbor takes",
            remedy=f"write one of at least {_SHORTEST} characters with capitals, small letters and "
            "digits, or delete the file to have one made",
        )
    return Secret(text)


def new_password() -> str:
    """One that Harbor takes: letters of both kinds and digits, 120 bits of them by chance."""
    return "Aa1" + "".join(secrets.choice(_LETTERS) for _ in range(21))
