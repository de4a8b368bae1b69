"""A range of a local file, read in bounded pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError, MissingError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_PIECE = 1 << 20


def read_range(path: Path, start: int, length: int) -> Generator[bytes, None, None]:
    """`length` bytes of `path` from offset `start`, in pieces of at most 1 MiB.

    Raises MissingError where the file cannot be read, IntegrityError where it ends early.
    """
    try:
        with path.open("rb") as file:
            file.seek(start)
            while length > 0:
                piece = file.read(min(length, _PIECE))
                if not piece:
                    raise IntegrityError(
                        f"{path} ends {length} bytes too early",
                        remedy="it was cut, or changed while it was read: copy it again",
                    )
                length -= len(piece)
                yield piece
    except OSError as error:
        raise unreadable(path, error) from error


def read_head(path: Path, length: int) -> bytes:
    """The first `length` bytes of `path`, or all of them if it has fewer. Raises MissingError."""
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise unreadable(path, error) from error


def is_file(path: Path) -> bool:
    """Whether `path` is a regular file. Raises MissingError where one may not look."""
    try:
        return path.is_file()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> MissingError:
    """What to tell of a file that the operating system does not let us read."""
    return MissingError(
        f"{path} cannot be read: {error.strerror or error}",
        remedy="check that it exists, and that you may read it",
    )
