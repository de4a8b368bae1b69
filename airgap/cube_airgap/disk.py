"""Writing to a disk that may be full, read-only or cut off: atomic files and plain errors."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cube_airgap.errors import AirgapError, IntegrityError, SpaceError

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_LINK = os.O_NOFOLLOW
"""For files whose names others can foretell: in a shared directory a link may be laid there, so
that what it leads to is overwritten."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a small file so that it is there whole or not at all. Raises SpaceError."""
    part = path.with_name(path.name + ".part")
    with writing_to(path), _locked(part) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            part.rename(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


def _locked(part: Path) -> BinaryIO:
    """`part`, empty and open for writing, and no other process's until it is closed.

    Two that write one file at once would else rename what the other one is writing.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | NO_LINK
    while True:
        file = os.fdopen(os.open(part, flags, 0o666), "wb")
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(file, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), part.stat()):
                file.truncate()
                return file
        file.close()  # while we waited, it was renamed or deleted


def new_file(path: Path) -> BinaryIO:
    """`path`, empty and open for writing; a symbolic link there is an error (see NO_LINK)."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | NO_LINK
    return os.fdopen(os.open(path, flags, 0o666), "wb")


def sync_directory(directory: Path) -> None:
    """Make renames in `directory` survive a power cut."""
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def check_space(directory: Path, needed: int) -> None:
    """Raise SpaceError if `directory`'s disk has less than `needed` bytes free."""
    free = free_space(directory)
    if needed > free:
        raise SpaceError(
            f"{directory} has {free:,} bytes free, and {needed:,} more are needed",
            remedy="free some space, or choose a path on another disk with -o",
        )


def free_space(directory: Path) -> int:
    """Bytes that this user can still write to `directory`'s disk."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


@contextmanager
def reading_from(path: Path) -> Iterator[None]:
    """Translate the errors of a disk that does not give its bytes into IntegrityError."""
    try:
        yield
    except OSError as error:
        raise IntegrityError(
            f"{path} cannot be read: {error.strerror}",
            remedy="check that this user may read it and that its disk is sound, or carry it again",
        ) from None


_REMEDIES = {
    errno.ENOSPC: "free some space, then run the same command again: it goes on from here",
    errno.EDQUOT: "raise the quota, then run the same command again: it goes on from here",
    errno.EFBIG: "this file system takes no file so large: use --volume-size",
    errno.ELOOP: "a symbolic link is in its place: see who laid it there, and delete it",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EROFS: "the file system is read-only: choose another path with -o",
}


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Translate the errors of a disk that cannot be written into SpaceError."""
    try:
        yield
    except AirgapError:
        raise
    except OSError as error:
        raise SpaceError(
            f"{path} cannot be written: {error.strerror}",
            remedy=_REMEDIES.get(
                error.errno or 0,
                "check that the directory exists and this user may write to it",
            ),
        ) from None


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """A directory for small things that are gone afterwards. Raises SpaceError."""
    try:
        made = tempfile.TemporaryDirectory()
    except OSError as error:
        raise SpaceError(
            f"there is no temporary directory: {error.strerror}",
            remedy="name one that can be written to with TMPDIR, then run the same command again: "
            "what it did stays done",
        ) from None
    with made as name:
        yield Path(name)
