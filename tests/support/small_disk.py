"""A disk that is full soon: a tmpfs of a given size (needs root, as the tests do)."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def small_disk(directory: Path, size: int) -> Iterator[Path]:
    """Mount a disk of `size` bytes at `directory` for the time being."""
    directory.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory))
    try:
        yield directory
    finally:
        _run("umount", "--lazy", str(directory))


def enlarge(directory: Path, size: int) -> None:
    """Give the disk mounted at `directory` another size, in bytes."""
    _run("mount", "-o", f"remount,size={size}", str(directory))


def make_read_only(directory: Path) -> None:
    """Let nothing be written to the disk mounted at `directory` any more."""
    _run("mount", "-o", "remount,ro", str(directory))


def _run(*command: str) -> None:
    assert os.geteuid() == 0, "these tests mount disks: run them as root"
    subprocess.run(command, check=True, capture_output=True)
