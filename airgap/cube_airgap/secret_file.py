"""Files that hold a secret: they are read only where not everyone on the host may read them too."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_SECRET_FILE = 1 << 20


def read_secret_file(path: Path, what: str, remedy: str) -> bytes:
    """The content of the file at `path`, which is `what`, as in "the password file".

    The group may read it: a team's shared file and a secret mounted into a container are like that.
    A pipe (`<(pass show …)`) has no such rights to check. Raises UsageError, which never quotes the
    content, with `remedy` where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_SECRET_FILE + 1)
        mode = path.stat().st_mode
    except OSError as error:
        raise UsageError(f"{what} {path} cannot be read: {error.strerror}", remedy=remedy) from None
    if stat.S_ISREG(mode) and mode & stat.S_IRWXO:
        raise UsageError(
            f"everyone on this host may use {what} {path}",
            remedy=f"take the rights of others away: chmod o-rwx {path}",
        )
    return raw
