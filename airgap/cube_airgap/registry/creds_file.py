"""The explicit credentials file: a YAML or JSON mapping of hosts to logins."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.errors import UsageError
from cube_airgap.registry.hosts import parse_host
from cube_airgap.registry.login import Login

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 1 << 20
_KEYS = {"username", "password", "identity_token"}
_SHAPE = (
    "write for each host `HOST: {username: NAME, password: SECRET}` or "
    "`HOST: {identity_token: SECRET}`"
)


def read_creds_file(path: Path) -> dict[str, Login]:
    """The logins in `path`, by host.

    A file that everyone may read is refused. The group may: a team's shared file and a secret
    mounted into a container are like that. A pipe (`<(pass show …)`) has no such rights to check.
    Raises UsageError, which never quotes the content.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        status = path.stat()
    except OSError as error:
        raise UsageError(
            f"the credentials file {path} cannot be read: {error.strerror}",
            remedy="give --creds-file a file that you may read",
        ) from None
    if stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IRWXO:
        raise UsageError(
            f"everyone on this host may use the credentials file {path}",
            remedy=f"take the rights of others away: chmod o-rwx {path}",
        )
    return _logins(raw, path)


def _logins(raw: bytes, path: Path) -> dict[str, Login]:
    try:
        body = yaml.safe_load(raw) if len(raw) <= _LARGEST else None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise _malformed(path, f"is not YAML{place}") from None
    if not isinstance(body, dict):
        raise _malformed(path, "is not a mapping of hosts")
    return {
        parse_host(str(host), where=str(path)): _login(path, str(host), entry)
        for host, entry in body.items()
    }


def _login(path: Path, host: str, entry: Any) -> Login:  # noqa: ANN401 - YAML can hold anything
    if not isinstance(entry, dict) or not all(isinstance(text, str) for text in entry.values()):
        raise _malformed(path, f"has no login of texts for {host}; put numbers in quotes")
    if unknown := sorted(str(key) for key in entry.keys() - _KEYS):
        raise _malformed(path, f"has unknown keys for {host}: {', '.join(unknown)}")
    if not entry.get("identity_token") and not ("username" in entry and "password" in entry):
        raise _malformed(path, f"has no complete login for {host}")
    return Login(str(path), **entry)


def _malformed(path: Path, why: str) -> UsageError:
    return UsageError(f"the credentials file {path} {why}", remedy=_SHAPE)
