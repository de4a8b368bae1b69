"""Credential plugins: small programs, as kubeconfigs name them in `exec`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kubernetes.json_types import Body

VERSION = "client.authentication.k8s.io/v1"


def credential(**status: str) -> Body:
    """What a plugin prints."""
    return {"apiVersion": VERSION, "kind": "ExecCredential", "status": status}


def plugin(path: Path, script: str) -> Body:
    """Write a program of Python, and give the `exec` that runs it."""
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(0o755)
    return {"apiVersion": VERSION, "command": f"./{path.name}", "interactiveMode": "Never"}


def printing(path: Path, answer: Body | str) -> Body:
    """A plugin that prints this, and notes each run in the file PATH.runs."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return plugin(path, f"open({str(path) + '.runs'!r}, 'a').write('x')\nprint({text!r})\n")


def runs(path: Path) -> int:
    """How often a printing plugin was run."""
    noted = path.with_name(f"{path.name}.runs")
    return len(noted.read_text()) if noted.exists() else 0
