"""Rendering a kustomization with kubectl, where it is installed: the check of our own reading."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from cube_scan.structured import containers_of
from cube_scan.yaml_tree import documents

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT = 60.0


def rendered_images(directory: Path) -> frozenset[str] | None:
    """The container images that `kubectl kustomize` renders; None if it is absent or fails.

    Only for kustomizations known to refer to nothing outside: kubectl would fetch what they name.
    """
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return None
    command = [kubectl, "kustomize", str(directory)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, and a directory that was walked
            command, capture_output=True, timeout=_TIMEOUT, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    text = done.stdout.decode(errors="replace")
    roots = [document.root for document in documents(text) if document.root is not None]
    return frozenset(scalar.text for root in roots for _, scalar in containers_of(root))
