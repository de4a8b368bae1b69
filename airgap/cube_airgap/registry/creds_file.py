"""The explicit credentials file: a YAML or JSON mapping of hosts to logins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.errors import UsageError
from cube_airgap.registry.hosts import parse_host
from cube_airgap.registry.login import Login
from cube_airgap.secret_file import LARGEST_SECRET_FILE, read_secret_file

if TYPE_CHECKING:
    from pathlib import Path

_KEYS = {"username", "password", "identity_token"}
_SHAPE = (
    "write for each host `HOST: {username: NAME, password: SECRET}` or "
    "`HOST: {identity_token: SECRET}`"
)


def read_creds_file(path: Path) -> dict[str, Login]:
    """The logins in `path`, by host.

    Raises UsageError, which never quotes the content; for a file that everyone may read too.
    """
    raw = read_secret_file(
        path, "the credentials file", "give --creds-file a file that you may read"
    )
    return _logins(raw, path)


def _logins(raw: bytes, path: Path) -> dict[str, Login]:
    try:
        body = yaml.safe_load(raw) if len(raw) <= LARGEST_SECRET_FILE else None
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
