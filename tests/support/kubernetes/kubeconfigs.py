"""Kubeconfig files for tests."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def kubeconfig(
    path: Path, cluster: dict[str, Any], user: dict[str, Any], *, context: str = "test"
) -> Path:
    """Write a kubeconfig with one context, whose cluster and user have these fields."""
    body = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": "cluster", "user": "user"}}],
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": user}],
    }
    path.write_text(yaml.safe_dump(body))
    return path


def coded(data: bytes) -> str:
    """As the fields NAME-data have it."""
    return base64.b64encode(data).decode()
