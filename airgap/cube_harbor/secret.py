"""A secret that no message, log or traceback can show by accident."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import SpaceError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, repr=False)
class Secret:
    """A secret text; reveal() is the only way to it."""

    _text: str

    def reveal(self) -> str:
        """The secret itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(hidden)"


def write_login_file(path: Path, host: str, username: str, secret: Secret) -> None:
    """Write a login so that `--creds-file` reads it, for its owner alone; see write_privately()."""
    # JSON is YAML too, and quotes whatever a name or secret may hold.
    login = {host: {"username": username, "password": secret.reveal()}}
    write_privately(path, f"{json.dumps(login, indent=2)}\n")


def write_privately(path: Path, text: str) -> None:
    """Write a file with mode 0600, whatever was there before.

    The file is complete or not there at all. Raises SpaceError, which does not quote it.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)  # a file of someone else's making would keep its mode
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):  # what cannot be reached was not written either
            part.unlink()
        raise SpaceError(
            f"the secret cannot be written to {path}: {error.strerror}",
            remedy="name a file in a directory that you may write to",
        ) from None
