"""Docker's credential helpers: programs that know passwords (docker/docker-credential-helpers)."""

from __future__ import annotations

import json
import re
import subprocess

from cube_airgap.errors import AuthenticationError
from cube_airgap.registry.login import Login

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SECONDS = 60
# A helper answers with this user name when the secret is an identity token.
_TOKEN_USER = "<token>"  # noqa: S105 - a marker


def ask_helper(name: str, server: str, *, where: str) -> Login | None:
    """What the helper `docker-credential-NAME` knows of `server`, or None.

    `where` names the file that asks for the helper. Raises AuthenticationError when the helper is
    not there, or fails: going on without credentials would end in a misleading refusal.
    """
    if not _NAME.fullmatch(name):
        raise _unusable(f"{name[:80]!r} cannot be the name of a credential helper", where)
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(  # noqa: S603 - the user's own configuration names the program
            [program, "get"],
            input=server.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise _unusable(f"{program} is not on PATH", where) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        why = "does not answer" if isinstance(error, subprocess.TimeoutExpired) else str(error)
        raise _unusable(f"{program}: {why}", where) from None
    if done.returncode:
        # The protocol has no code for "unknown", only words on standard output.
        if b"not found" in done.stdout + done.stderr:
            return None
        raise _unusable(f"{program} get fails with exit code {done.returncode}", where)
    return _login(done.stdout, f"{program} ({where})")


def _login(answer: bytes, origin: str) -> Login | None:
    try:
        body = json.loads(answer)
        username, secret = str(body["Username"]), str(body["Secret"])
    except (ValueError, KeyError, TypeError):
        raise _unusable("the credential helper answers something else than JSON", origin) from None
    if not secret:
        return None
    if username == _TOKEN_USER:
        return Login(origin, identity_token=secret)
    return Login(origin, username=username, password=secret)


def _unusable(what: str, where: str) -> AuthenticationError:
    return AuthenticationError(
        f"{what}; {where} asks for it",
        remedy="install the helper, take it out of that file, or give --creds-file",
    )
