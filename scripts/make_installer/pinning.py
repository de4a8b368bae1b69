"""Pinning the libraries of the self-contained cube-install: versions, and their wheels' digests."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.make_installer.interpreter import ARCHITECTURES
from scripts.make_installer.libraries import PINNED, ROOT, for_platform

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# What the self-contained cube-install holds. Written by `make pin-installer`.
"""


def pin() -> None:
    """Write the newest versions that fit into requirements.txt. Raises CalledProcessError."""
    pins: dict[str, set[str]] = {}
    for architecture in ARCHITECTURES.values():
        for item in _resolved(for_platform(architecture)):
            name = f"{item['metadata']['name'].lower()}=={item['metadata']['version']}"
            pins.setdefault(name, set()).add(item["download_info"]["archive_info"]["hash"])
    PINNED.write_text(_HEAD + "".join(_lines(pins)))


def _resolved(platform: tuple[str, ...]) -> list[dict[str, Any]]:
    """What pip would install for the product on `platform`, without the product."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
        command += ["--ignore-installed", "--target", directory, "--report", str(report)]
        subprocess.run([*command, *platform, *_requirements()], check=True)
        items: list[dict[str, Any]] = json.loads(report.read_text())["install"]
    return items


def _requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements: list[str] = project["dependencies"]
    return requirements


def _lines(pins: dict[str, set[str]]) -> Iterator[str]:
    for name, hashes in sorted(pins.items()):
        digests = (one.replace("=", ":", 1) for one in sorted(hashes))
        yield name + "".join(f" \\\n    --hash={one}" for one in digests) + "\n"
