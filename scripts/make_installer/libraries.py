"""The libraries in the self-contained cube-install, in the versions that are pinned."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.make_installer.interpreter import Architecture

ROOT = Path(__file__).parents[2]
PINNED = Path(__file__).parent / "requirements.txt"
# Wheels that ask for glibc 2.17 or less, whatever their authors called that.
_PLATFORMS = ("manylinux2014", "manylinux_2_17", "manylinux2010", "manylinux_2_12", "manylinux1")
_PYTHON = ("--python-version", "3.11", "--implementation", "cp", "--only-binary", ":all:")
_QUIET = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir")
# The bundler stays outside; zstandard's second backend is as large as its first; pip writes down
# from which path of this machine it installed what.
_UNUSED = (
    "bin",
    "cube_bundle",
    "zstandard/_cffi.*",
    "*.dist-info/RECORD",
    "*.dist-info/direct_url.json",
)


def wheel(into: Path) -> Path:
    """Build the product's own wheel."""
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(into), str(ROOT))
    [built] = into.glob("*.whl")
    return built


def install(own_wheel: Path, architecture: Architecture, into: Path) -> None:
    """Install the pinned libraries and `own_wheel` for `architecture` into the directory `into`."""
    target = ("--target", str(into), "--no-compile", "--no-deps", *for_platform(architecture))
    _pip("install", *target, str(own_wheel))
    _remove_unused(into)
    _pip("install", *target, "--require-hashes", "--requirement", str(PINNED))
    _remove_unused(into)


def _remove_unused(into: Path) -> None:
    for pattern in _UNUSED:
        for path in into.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def for_platform(architecture: Architecture) -> tuple[str, ...]:
    """Options that make pip choose for another machine than this one."""
    tags = (f"{one}_{architecture.machine}" for one in _PLATFORMS)
    return (*_PYTHON, *(word for tag in tags for word in ("--platform", tag)))


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", arguments[0], *_QUIET, *arguments[1:]], check=True)
