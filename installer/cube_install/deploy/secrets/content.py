"""What a secret is to hold: found, taken over from an older installation, or made by chance."""

from __future__ import annotations

import base64
import binascii
import secrets
import string
from typing import TYPE_CHECKING

from cube_harbor.secret import Secret
from cube_install.deploy.body import Body, containers, parts, pod_template, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cube_airgap.stack_entries import Adopted, KeyRule, SecretRule

_LETTERS = string.ascii_letters + string.digits


def content_of(body: Body) -> dict[str, Secret]:
    """The keys of a Secret as the API gives it; what is no base64 or text is left out."""
    data = body.get("data") or {}
    found = {}
    for key, value in data.items():
        try:
            found[key] = Secret(base64.b64decode(value, validate=True).decode())
        except (binascii.Error, ValueError, TypeError):
            continue
    return found


def encoded(content: Mapping[str, Secret]) -> dict[str, str]:
    """The form under `data`."""
    return {key: base64.b64encode(one.reveal().encode()).decode() for key, one in content.items()}


def complete(
    wanted: SecretRule,
    there: Iterable[Body],
    adopted: Callable[[Adopted], Secret | None],
) -> dict[str, Secret]:
    """All keys of `wanted`: those of the first of `there` that has them, and the rest made.

    `adopted` looks into an older installation.
    """
    known: dict[str, Secret] = {}
    for body in there:
        known = content_of(body) | known
    return {
        name: known[name] if name in known else _made(key, adopted)
        for name, key in wanted.keys.items()
    }


def literal_in(workload: Body, env: str) -> Secret | None:
    """The value of an environment variable that a workload has as a literal."""
    for one in containers(pod_template(workload)):
        for entry in parts(one, "env"):
            if entry.get("name") == env and text(entry, "value"):
                return Secret(text(entry, "value"))
    return None


def _made(key: KeyRule, adopted: Callable[[Adopted], Secret | None]) -> Secret:
    found = adopted(key.adopted) if key.adopted else None
    if found is not None:
        return found
    if key.length:
        return Secret("".join(secrets.choice(_LETTERS) for _ in range(key.length)))
    return Secret(key.text)
