"""A file that everyone may read, whatever this process's umask is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.disk import write_atomically, writing_to

if TYPE_CHECKING:
    from pathlib import Path


def write_for_everyone(path: Path, data: bytes) -> None:
    """Write `path` whole, with mode 0644. Raises SpaceError."""
    write_atomically(path, data)
    with writing_to(path):
        path.chmod(0o644)
