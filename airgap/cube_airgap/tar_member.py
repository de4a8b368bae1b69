"""A member of the bundle's tar: its header is a pure function of its name and size."""

from __future__ import annotations

import re
import tarfile
from dataclasses import dataclass
from functools import cached_property

from cube_airgap.errors import IntegrityError

TAR_BLOCK = 512
END_OF_ARCHIVE = bytes(2 * TAR_BLOCK)
_LONGEST_PATH = 100
_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._+@-]+(?:/[A-Za-z0-9._+@-]+)*")


@dataclass(frozen=True)
class TarMember:
    """A regular file in the tar: its path, relative and plain, and its size in bytes.

    Owner, times and mode are fixed, so that the same content gives the same bytes. A size over
    8 GiB is told in a pax header before the member's own (POSIX.1-2017, pax).
    """

    path: str
    size: int

    @cached_property
    def header(self) -> bytes:
        """The tar header, a whole number of tar blocks."""
        info = tarfile.TarInfo(self.path)
        info.size = self.size
        return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")

    @property
    def padding(self) -> int:
        """Zero bytes after the data, up to a whole tar block."""
        return -self.size % TAR_BLOCK

    @property
    def content_size(self) -> int:
        """Bytes of header, data and padding."""
        return len(self.header) + self.size + self.padding


def checked_path(path: str) -> str:
    """`path`, if it is relative, plain and short enough for a bundle. Raises IntegrityError."""
    if len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
        raise IntegrityError(
            f"{path[:200]!r} is not a path that a bundle may hold",
            remedy="paths in a bundle are relative, of letters, digits and ._+@-, at most "
            f"{_LONGEST_PATH} characters; if this file came so, do not trust it",
        )
    return path


def describe_header(block: bytes) -> tuple[str, int] | None:
    """Path and size that a foreign tar header claims, or None where it is none."""
    try:
        info = tarfile.TarInfo.frombuf(block[:TAR_BLOCK], "utf-8", "replace")
    except tarfile.HeaderError:
        return None
    return (info.name, info.size if info.size >= 0 else 0)
