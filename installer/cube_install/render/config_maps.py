"""ConfigMaps that are made of a stack's files, or of the seed data of its bundle."""

from __future__ import annotations

import base64
import posixpath
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.stack_entries import ConfigMapRule

# The API server refuses a ConfigMap with more.
_LARGEST = 1 << 20


def config_map(rule: ConfigMapRule, files: Mapping[str, bytes], origin: str) -> dict[str, Any]:
    """The ConfigMap that `rule` describes, of `files`, named below `origin` or as seed data are.

    What is no UTF-8 goes into `binaryData`. Raises UsageError where it would be too large.
    """
    contents = (
        {posixpath.basename(name): one for name, one in _seeds(files, origin).items()}
        if rule.takes_seeds
        else {key: files[f"{origin}/{name}"] for key, name in rule.keys.items()}
    )
    size = sum(len(key) + len(content) for key, content in contents.items())
    if size > _LARGEST:
        raise UsageError(
            f"{rule.where}: the config map {rule.name} would have {size:,} bytes",
            remedy=f"a config map holds at most {_LARGEST:,}: make several of its files",
        )
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": rule.name, "namespace": rule.namespace},
    }
    for key, content in sorted(contents.items()):
        try:
            body.setdefault("data", {})[key] = content.decode()
        except UnicodeDecodeError:
            encoded = base64.b64encode(content).decode()
            body.setdefault("binaryData", {})[key] = encoded
    return body


def _seeds(files: Mapping[str, bytes], origin: str) -> dict[str, bytes]:
    return {name: one for name, one in files.items() if not name.startswith(f"{origin}/")}
