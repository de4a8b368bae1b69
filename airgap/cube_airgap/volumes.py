"""A bundle file, or its volumes read as one file; they are never joined or changed."""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Self

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, MissingError, SpaceError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

VOLUMES_SUFFIX = ".volumes.json"
BUNDLE_SUFFIX = ".tar.zst"


@dataclass(frozen=True)
class Volume:
    """One volume by its file name; size in bytes; the digest is sha256."""

    name: str
    size: int
    digest: Digest


@dataclass(frozen=True)
class VolumeSet:
    """What `NAME.volumes.json` says: the volumes in order and the bundle that they make up."""

    bundle: Digest
    volumes: tuple[Volume, ...]

    def encode(self) -> bytes:
        """The bytes of the file."""
        body = {
            "version": 1,
            "bundle": str(self.bundle),
            "volumes": [
                {"name": one.name, "size": one.size, "digest": str(one.digest)}
                for one in self.volumes
            ],
        }
        return json.dumps(body, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file at `path`. Raises IntegrityError."""
        try:
            body = json.loads(path.read_bytes())
            volumes = tuple(
                Volume(str(one["name"]), int(one["size"]), Digest.parse(str(one["digest"])))
                for one in body["volumes"]
            )
            bundle = Digest.parse(str(body["bundle"]))
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(
                f"{path} does not describe volumes: {error}",
                remedy="carry this small file again",
            ) from None
        if any("/" in volume.name or volume.name in {"", ".", ".."} for volume in volumes):
            raise IntegrityError(
                f"{path} names a volume in another directory",
                remedy="do not trust it: carry this small file again",
            )
        return cls(bundle, volumes)


def volume_name(bundle_name: str, number: int) -> str:
    """The file name of volume `number`, counted from 1."""
    return f"{bundle_name}.{number:03d}"


def volumes_file(bundle: Path) -> Path:
    """Where the volumes of the bundle path `NAME.tar.zst` are described: `NAME.volumes.json`."""
    return bundle.with_name(bundle.name.removesuffix(BUNDLE_SUFFIX) + VOLUMES_SUFFIX)


def find_volumes(path: Path) -> VolumeSet | None:
    """The volumes that `path` stands for, or None where it is one whole file.

    `path` is the bundle's name, one of its volumes, or the file that describes them.
    Raises MissingError where there is nothing, or the description or a volume is absent.
    """
    if path.name.endswith(VOLUMES_SUFFIX) and path.is_file():
        description = path
    else:
        base = path.with_suffix("") if path.suffix[1:].isdigit() else path
        description = volumes_file(base)
        if path == base and path.is_file():
            return None
    if not description.is_file():
        raise MissingError(
            f"there is no bundle at {path}, and no {description.name} beside it",
            remedy="give the path of NAME.tar.zst, or put its volumes and NAME.volumes.json "
            "into one directory",
        )
    found = VolumeSet.read(description)
    absent = [one.name for one in found.volumes if not description.with_name(one.name).is_file()]
    if absent:
        raise MissingError(
            f"volumes are missing beside {description}: {', '.join(absent)}",
            remedy="carry them too, into the same directory; the others need not be carried again",
        )
    return found


class BundleFile:
    """Random access to the bytes of a bundle in one file or in volumes. Safe for threads."""

    def __init__(self, path: Path) -> None:
        """Open what `path` stands for (see find_volumes). Raises AirgapError."""
        self.volumes = find_volumes(path)
        self.directory = path.parent
        names = [one.name for one in self.volumes.volumes] if self.volumes else [path.name]
        self._closing = ExitStack()
        self._files: list[int] = []
        sizes = []
        for name in names:
            file = _open(path.with_name(name))
            self._closing.callback(os.close, file)
            self._files.append(file)
            sizes.append(os.fstat(file).st_size)
        self._starts = [0, *accumulate(sizes)]
        if self.volumes:
            self._check_sizes(self.volumes, sizes)

    def _check_sizes(self, expected: VolumeSet, sizes: list[int]) -> None:
        wrong = [
            f"{volume.name} has {size} bytes instead of {volume.size}"
            for volume, size in zip(expected.volumes, sizes, strict=True)
            if volume.size != size
        ]
        if wrong:
            self.close()
            raise IntegrityError(
                f"volumes were cut short or mixed up: {'; '.join(wrong)}",
                remedy="carry these volumes again; the others need not be carried again",
            )

    @property
    def size(self) -> int:
        """Bytes in all volumes together."""
        return self._starts[-1]

    def pread(self, length: int, offset: int) -> bytes:
        """`length` bytes from `offset`; fewer only at the end of the file."""
        parts = []
        index = min(bisect_right(self._starts, offset) - 1, len(self._files) - 1)
        while length > 0 and index < len(self._files):
            inside = offset - self._starts[index]
            room = self._starts[index + 1] - offset
            part = os.pread(self._files[index], min(length, room), inside)
            parts.append(part)
            offset += len(part)
            length -= len(part)
            if not part or offset == self._starts[index + 1]:
                index += 1
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Let go of the files."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SpaceError(
            f"{path} cannot be opened: {error.strerror}",
            remedy="check that this user may read it",
        ) from None
