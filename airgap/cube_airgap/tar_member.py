"""A member of the bundle's tar: its header is a pure function of its name and size."""

from __future__ import annotations

import re
import struct
import tarfile
from dataclasses import dataclass
from functools import cached_property

from cube_airgap.errors import IntegrityError

TAR_BLOCK = 512
END_OF_ARCHIVE = bytes(2 * TAR_BLOCK)
LONGEST_PATH = 100
_LARGEST_OCTAL = 8**11 - 1
_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._+@-]+(?:/[A-Za-z0-9._+@-]+)*")
# name, mode, uid, gid, size, mtime, checksum, type, link name, magic, version (POSIX.1-2017, pax,
# "ustar Interchange Format"); user, group, device and prefix stay empty.
_USTAR = struct.Struct("100s8s8s8s12s12s8sc100s6s2s247x")
_CHECKSUM = slice(148, 156)
PROGRAM = "cube-install"
"""The self-contained installer's path; `-linux-arm64` and the like follow for other machines."""
_FILE_MODE, _PROGRAM_MODE = b"0000644\0", b"0000755\0"


@dataclass(frozen=True)
class TarMember:
    """A regular file in the tar: its path, relative and plain, and its size in bytes.

    Owner and times are fixed and the mode follows from the path, so that the same content gives the
    same bytes. A size of 8 GiB or more, or a path over LONGEST_PATH, is told in a pax header before
    the member's own (POSIX.1-2017, pax). The bytes are made here because those of Python's tarfile
    are its own business, and readers compare headers whole.
    """

    path: str
    size: int

    @cached_property
    def header(self) -> bytes:
        """The tar header, a whole number of tar blocks."""
        if not self._needs_pax:
            mode = _PROGRAM_MODE if self.is_program else _FILE_MODE
            return _ustar(self.path, self.size, b"0", mode)
        records = b""
        if len(self.path) > LONGEST_PATH:
            records += _pax_record("path", self.path)
        if self.size > _LARGEST_OCTAL:
            records += _pax_record("size", str(self.size))
        size = self.size if self.size <= _LARGEST_OCTAL else 0
        return (
            _ustar("././@PaxHeader", len(records), b"x")
            + records.ljust(TAR_BLOCK, b"\0")
            + _ustar(self.path[:LONGEST_PATH], size, b"0")
        )

    @property
    def is_program(self) -> bool:
        """Whether it may be run once unpacked."""
        return self.path == PROGRAM or self.path.startswith(f"{PROGRAM}-")

    @property
    def _needs_pax(self) -> bool:
        return self.size > _LARGEST_OCTAL or len(self.path) > LONGEST_PATH

    @property
    def header_size(self) -> int:
        """Bytes of the header, known without making it."""
        return 3 * TAR_BLOCK if self._needs_pax else TAR_BLOCK

    @property
    def padding(self) -> int:
        """Zero bytes after the data, up to a whole tar block."""
        return -self.size % TAR_BLOCK

    @property
    def content_size(self) -> int:
        """Bytes of header, data and padding."""
        return self.header_size + self.size + self.padding


def _ustar(name: str, size: int, kind: bytes, mode: bytes = _FILE_MODE) -> bytes:
    nobody, octal, now = b"0000000\0", b"%011o\0" % size, b"00000000000\0"
    block = bytearray(
        _USTAR.pack(
            name.encode(), mode, nobody, nobody, octal, now, b" " * 8, kind, b"", b"ustar\0", b"00"
        )
    )
    block[_CHECKSUM] = b"%06o\0 " % sum(block)
    return bytes(block)


def _pax_record(key: str, value: str) -> bytes:
    """`LENGTH KEY=VALUE` and a newline, where the length counts its own digits too."""
    rest = f" {key}={value}\n"
    length = len(rest) + len(str(len(rest)))
    if len(rest) + len(str(length)) != length:
        length += 1
    return f"{length}{rest}".encode()


def checked_path(path: str) -> str:
    """`path`, if it is relative, plain and short enough for a bundle. Raises IntegrityError."""
    if len(path) > LONGEST_PATH or not _PATH.fullmatch(path):
        raise IntegrityError(
            f"{path[:200]!r} is not a path that a bundle may hold",
            remedy="paths in a bundle are relative, of letters, digits and ._+@-, at most "
            f"{LONGEST_PATH} characters; if this file came so, do not trust it",
        )
    return path


def directories_of(path: str) -> set[str]:
    """The directories that `path` is in, at any depth."""
    parts = path.split("/")
    return {"/".join(parts[:end]) for end in range(1, len(parts))}


def describe_header(block: bytes) -> tuple[str, int] | None:
    """Path and size that a foreign tar header claims, or None where it is none."""
    try:
        info = tarfile.TarInfo.frombuf(block[:TAR_BLOCK], "utf-8", "replace")
    except tarfile.HeaderError:
        return None
    return (info.name, info.size if info.size >= 0 else 0)
