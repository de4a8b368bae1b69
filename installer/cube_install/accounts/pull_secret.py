"""The credential that nodes pull with, as a Kubernetes secret in a file.

Kubernetes, "Pull an Image from a Private Registry"; the platform asks for it as `hubsecret`.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import yaml

from cube_airgap.registry.login import Login
from cube_harbor.secret import Secret, write_privately

if TYPE_CHECKING:
    from pathlib import Path

SECRET_NAME = "hubsecret"  # noqa: S105 - the name of one
_KEY = ".dockerconfigjson"
_HEADING = (
    "# Lets nodes pull from the site's registry; apply it in each namespace that pulls:\n"
    "#   kubectl apply -n NAMESPACE -f FILE\n"
)


def encode_pull_secret(host: str, login: Login) -> str:
    """The manifest of a Secret of type kubernetes.io/dockerconfigjson, for no namespace yet."""
    entry = {
        "username": login.username,
        "password": login.password,
        "auth": login.basic.removeprefix("Basic "),
    }
    config = json.dumps({"auths": {host: entry}}).encode()
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET_NAME},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {_KEY: base64.b64encode(config).decode()},
    }
    text: str = yaml.safe_dump(manifest, sort_keys=False, width=10_000)
    return _HEADING + text


def write_pull_secret(path: Path, host: str, username: str, secret: Secret) -> None:
    """Write the manifest for its owner alone. Raises SpaceError."""
    write_privately(path, encode_pull_secret(host, Login(str(path), username, secret.reveal())))


def read_pull_secret(path: Path, host: str) -> Login | None:
    """The login for `host` in a manifest that was written so; None where there is none."""
    try:
        manifest = yaml.safe_load(path.read_bytes())
        config = json.loads(base64.b64decode(manifest["data"][_KEY]))
        entry = config["auths"][host]
        return Login(str(path), str(entry["username"]), str(entry["password"]))
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        return None
