"""A file staged once, whole or not at all: what cannot be read at random where it is."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from cube_airgap.disk import new_file, writing_to

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Several images of one archive are opened at once, and share its staged copy.
_one_at_a_time = threading.Lock()


def staged(target: Path, pieces: Iterable[bytes]) -> Path:
    """Write `pieces` to `target`, unless it is there already, and return it.

    `target`'s name has to say what its content is. The pieces are asked for only when needed, and
    raise no OSError of their own. What was written is removed when they fail. Raises SpaceError.
    """
    with _one_at_a_time:
        if not target.exists():
            _write(target, pieces)
    return target


def _write(target: Path, pieces: Iterable[bytes]) -> None:
    part = target.with_name(f"{target.name}.part")
    with writing_to(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with new_file(part) as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
