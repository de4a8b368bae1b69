"""Where the members of a foreign tar are, for reading at random; nothing is ever extracted."""

from __future__ import annotations

import posixpath
import tarfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self, cast

from cube_airgap.errors import IntegrityError, MissingError
from cube_airgap.file_range import read_range, unreadable

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_MOST_MEMBERS = 50_000
_LARGEST_HEADER = 1 << 20
_LONGEST_CHAIN = 10
_SAVE_AGAIN = "save the image again (`docker save`), and do not trust where this came from"


@dataclass(frozen=True, slots=True)
class TarSlice:
    """Where in the tar a regular member's bytes are; offset and size in bytes."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _Link:
    """A symbolic or hard link; `target` is a path from the tar's root."""

    target: str


@dataclass(frozen=True, slots=True)
class _Refused:
    """A member that cannot be used; harmless while nobody asks for it."""

    why: str


_Member = TarSlice | _Link | _Refused


@dataclass(frozen=True)
class TarIndex:
    """The members of an uncompressed tar, by name."""

    path: Path
    members: dict[str, _Member]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read every header of `path` once. Raises MissingError and IntegrityError."""
        members: dict[str, _Member] = {}
        try:
            with path.open("rb") as file:
                for info in _headers(path, file):
                    name = info.name.removeprefix("./")
                    twice = _Refused("is there twice")
                    members[name] = twice if name in members else _member(info)
        except OSError as error:
            raise unreadable(path, error) from error
        return cls(path, members)

    def find(self, name: str) -> TarSlice:
        """The member `name`, links followed inside the tar.

        Raises MissingError if there is none; IntegrityError for a name or link that leads outside,
        one that is there twice, and what is not a regular file.
        """
        target = name
        for _ in range(_LONGEST_CHAIN):
            member = self._member(target)
            if isinstance(member, TarSlice):
                return member
            if isinstance(member, _Refused):
                raise self._bad(name, member.why)
            target = member.target
        raise self._bad(name, "is a link to itself")

    def read(
        self, piece: TarSlice, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The member's bytes from its offset `start` to `end`, in bounded pieces."""
        stop = piece.size if end is None else end
        return read_range(self.path, piece.offset + start, stop - start)

    def _member(self, name: str) -> _Member:
        if name.startswith("/") or ".." in name.split("/"):
            raise self._bad(name, "is a name that leads out of the archive")
        member = self.members.get(name.removeprefix("./"))
        if member is None:
            raise MissingError(
                f"{self.path} has no member {name[:200]!r}",
                remedy="it is not what `docker save` writes, or it was cut: save the image again",
            )
        return member

    def _bad(self, name: str, why: str) -> IntegrityError:
        return IntegrityError(f"{name[:200]!r} in {self.path} {why}", remedy=_SAVE_AGAIN)


class _ShortReads:
    """A file that refuses long reads: a header may claim any length, and tarfile believes it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        if size > _LARGEST_HEADER:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._file.read(size)


def _headers(path: Path, file: IO[bytes]) -> Generator[tarfile.TarInfo, None, None]:
    fileobj = cast("Any", _ShortReads(file))
    try:
        with tarfile.open(fileobj=fileobj, mode="r:") as archive:
            for count, info in enumerate(archive):
                if count == _MOST_MEMBERS:
                    raise tarfile.ReadError(f"more than {_MOST_MEMBERS} members")
                if info.size < 0:
                    raise tarfile.ReadError("a member of negative size")
                yield info
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
        raise IntegrityError(
            f"{path} is not a whole tar archive: {error}",
            remedy="it was cut or damaged, or is something else: save the image again",
        ) from error


def _member(info: tarfile.TarInfo) -> _Member:
    if info.issym():
        return _Link(
            posixpath.normpath(posixpath.join(posixpath.dirname(info.name), info.linkname))
        )
    if info.islnk():
        return _Link(info.linkname)
    if not info.isreg() or info.issparse():
        return _Refused("is not a regular file")
    return TarSlice(info.offset_data, info.size)
