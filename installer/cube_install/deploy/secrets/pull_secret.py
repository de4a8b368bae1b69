"""The secret that nodes pull with, in every namespace of the stack."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from cube_install.deploy.body import Body, part, text
from cube_install.deploy.ownership import OUR_LABELS

if TYPE_CHECKING:
    from cube_airgap.registry.login import Login

TYPE = "kubernetes.io/dockerconfigjson"
_KEY = ".dockerconfigjson"


def pull_secret(name: str, place: str, host: str, login: Login | None) -> Body:
    """The Secret with the login for `host`; without one, nodes ask as nobody."""
    entry = {} if login is None else {host: _entry(login)}
    return _secret(name, place, {"auths": entry})


def refreshed(body: Body, wanted: Body) -> Body | None:
    """What a pull secret that is there becomes: with the login of `wanted`, other hosts' kept.

    None where nothing has to be changed, and that is also so where `wanted` has no login.
    """
    ours = _config(wanted)["auths"]
    there = _config(body)
    auths = part(there, "auths")
    if all(auths.get(host) == entry for host, entry in ours.items()):
        return None
    place, name = text(wanted, "metadata", "namespace"), text(wanted, "metadata", "name")
    return _secret(name, place, there | {"auths": auths | ours})


def has_type(body: Body) -> bool:
    """Whether a Secret is one that nodes can pull with."""
    return body.get("type") == TYPE


def _entry(login: Login) -> dict[str, str]:
    return {
        "username": login.username,
        "password": login.password,
        "auth": login.basic.removeprefix("Basic "),
    }


def _secret(name: str, place: str, config: dict[str, Any]) -> Body:
    raw = json.dumps(config, sort_keys=True).encode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": place, "labels": OUR_LABELS},
        "type": TYPE,
        "data": {_KEY: base64.b64encode(raw).decode()},
    }


def _config(body: Body) -> dict[str, Any]:
    try:
        found = json.loads(base64.b64decode(part(body, "data").get(_KEY) or ""))
    except (binascii.Error, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
