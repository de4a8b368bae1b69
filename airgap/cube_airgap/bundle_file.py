"""The bytes of a bundle, in one file or in volumes, as one; they are never joined or changed."""

from __future__ import annotations

import os
from bisect import bisect_right
from contextlib import ExitStack
from itertools import accumulate
from typing import TYPE_CHECKING

from cube_airgap.closing import Closing
from cube_airgap.disk import reading_from
from cube_airgap.errors import IntegrityError
from cube_airgap.volumes import find_volumes

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.volumes import Volume, VolumeSet

_PIECE = 1 << 20


class BundleFile(Closing):
    """Random access to the bytes of a bundle in one file or in volumes. Safe for threads."""

    def __init__(self, path: Path) -> None:
        """Open what `path` stands for (see find_volumes). Raises AirgapError."""
        self.path = path
        self.volumes = find_volumes(path)
        names = [one.name for one in self.volumes.volumes] if self.volumes else [path.name]
        self._paths = [path.with_name(name) for name in names]
        self._files: list[int] = []
        with ExitStack() as opened:
            for one in self._paths:
                with reading_from(one):
                    self._files.append(os.open(one, os.O_RDONLY | os.O_CLOEXEC))
                opened.callback(os.close, self._files[-1])
            sizes = [os.fstat(file).st_size for file in self._files]
            self._starts = [0, *accumulate(sizes)]
            if self.volumes:
                _check_sizes(self.volumes, sizes)
            self._closing = opened.pop_all()

    @property
    def size(self) -> int:
        """Bytes in all volumes together."""
        return self._starts[-1]

    def pread(self, length: int, offset: int) -> bytes:
        """`length` bytes from `offset`; fewer only at the file's end. Raises IntegrityError."""
        parts = []
        length = min(length, self.size - offset)
        while length > 0:
            index = bisect_right(self._starts, offset) - 1
            room = self._starts[index + 1] - offset
            with reading_from(self._paths[index]):
                inside = offset - self._starts[index]
                part = os.pread(self._files[index], min(length, room), inside)
            if not part:  # the file was cut after it was opened
                break
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def damaged_volumes(self) -> tuple[str, ...]:
        """The names of those volumes whose digest is wrong; reads every byte of them."""
        volumes = self.volumes.volumes if self.volumes else ()
        return tuple(
            one.name for index, one in enumerate(volumes) if not self._is_right(index, one)
        )

    def _is_right(self, index: int, volume: Volume) -> bool:
        hasher = volume.digest.hasher()
        start, end = self._starts[index], self._starts[index + 1]
        try:
            for offset in range(start, end, _PIECE):
                hasher.update(self.pread(min(_PIECE, end - offset), offset))
        except IntegrityError:
            return False
        return hasher.hexdigest() == volume.digest.hex

    def close(self) -> None:
        """Let go of the files."""
        self._closing.close()


def _check_sizes(expected: VolumeSet, sizes: list[int]) -> None:
    wrong = [
        f"{volume.name} has {size} bytes instead of {volume.size}"
        for volume, size in zip(expected.volumes, sizes, strict=True)
        if volume.size != size
    ]
    if wrong:
        raise IntegrityError(
            f"volumes were cut short or mixed up: {'; '.join(wrong)}",
            remedy="carry these volumes again; the others need not be carried again",
        )
