"""The unfinished bundle: one file or volumes, written at offsets, then published by renaming."""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack, suppress
from itertools import count
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.disk import NO_LINK, sync_directory, write_atomically, writing_to
from cube_airgap.each import each
from cube_airgap.errors import IntegrityError
from cube_airgap.volumes import Volume, VolumeSet, volume_name, volumes_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Buffer

PART_SUFFIX = ".part"
_READ = 1 << 20
_HASHERS = 4
_MOST_BUFFERS = 1024  # IOV_MAX on Linux
_WORTH_WRITING_BACK = 1 << 20  # single pages would be written over and over


class PartFile:
    """A growing `NAME.tar.zst.part`, or `NAME.tar.zst.001.part` and so on. Safe for threads.

    `volume_size` is in bytes; 0 means one file.
    """

    def __init__(self, target: Path, volume_size: int) -> None:
        """Nothing is created before the first write."""
        self.target = target
        self.volume_size = volume_size
        self._files: dict[int, int] = {}
        self._closing = ExitStack()

    def path(self, index: int) -> Path:
        """The final path of volume `index`, counted from 0; of the file itself if it is one."""
        if not self.volume_size:
            return self.target
        return self.target.with_name(volume_name(self.target.name, index + 1))

    def exists(self) -> bool:
        """Whether an earlier build left its unfinished file, or any volume in the way of ours."""
        return any(True for _ in self._left())

    def take_back(self) -> None:
        """Undo a publication that was interrupted between two volumes. Raises SpaceError."""
        with writing_to(self.target):
            for path in [*self._left()]:
                if path.suffix != PART_SUFFIX:
                    path.rename(_part(path))

    def _left(self) -> Iterator[Path]:
        """What an earlier build left: the unfinished file, or each volume, published or not."""
        for index in count() if self.volume_size else (0,):
            final = self.path(index)
            found = [path for path in (_part(final), final) if path.exists()]
            if not found:
                return
            yield found[0]

    def pwrite(self, buffers: Sequence[Buffer], offset: int) -> None:
        """Write `buffers` one after the other from `offset` on. Raises SpaceError."""
        size = sum(memoryview(buffer).nbytes for buffer in buffers)
        with writing_to(self.target):
            if not self.volume_size or offset // self.volume_size == (
                (offset + size - 1) // self.volume_size
            ):
                self._write_within(list(buffers), size, offset)
                return
            data = memoryview(b"".join(buffers))
            while data:
                room = self.volume_size - offset % self.volume_size
                self._write_within([data[:room]], min(room, len(data)), offset)
                offset += room
                data = data[room:]

    def _write_within(self, buffers: list[Buffer], size: int, offset: int) -> None:
        if len(buffers) > _MOST_BUFFERS:
            buffers = [b"".join(buffers)]
        index, inside = divmod(offset, self.volume_size) if self.volume_size else (0, offset)
        start = inside
        written = os.pwritev(self._file(index), buffers, inside)
        if written < size:  # a disk that is nearly full takes a part; the next call says why
            rest = memoryview(b"".join(buffers))[written:]
            while rest:
                inside += written
                written = os.pwrite(self._file(index), rest, inside)
                rest = rest[written:]
        if size >= _WORTH_WRITING_BACK:
            _begin_writeback(self._file(index), start, size)

    def pread(self, length: int, offset: int) -> bytes:
        """`length` bytes from `offset`; what was not written yet reads short or as zeros.

        Raises IntegrityError where the disk cannot give back what it took.
        """
        try:
            if not self.volume_size:
                return os.pread(self._file(0), length, offset)
            return b"".join(self._pread_volumes(length, offset))
        except OSError as error:
            raise IntegrityError(
                f"{self.target}{PART_SUFFIX} cannot be read: {error.strerror}",
                remedy="check the disk, and see that this user may read the file",
            ) from None

    def _pread_volumes(self, length: int, offset: int) -> Iterator[bytes]:
        while length > 0:
            index, inside = divmod(offset, self.volume_size)
            wanted = min(length, self.volume_size - inside)
            yield os.pread(self._file(index), wanted, inside)
            offset += wanted
            length -= wanted

    def _file(self, index: int) -> int:
        file = self._files.get(index)
        if file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | NO_LINK
            opened = os.open(_part(self.path(index)), flags, 0o644)
            file = self._files.setdefault(index, opened)
            if file == opened:
                self._closing.callback(os.close, opened)
            else:
                os.close(opened)
        return file

    def publish(self, size: int, bundle: Digest) -> tuple[Path, ...]:
        """Cut to `size` bytes, sync, rename, and describe the volumes last; the final paths."""
        with writing_to(self.target):
            sizes = self._sizes(size)
            for index, one in enumerate(sizes):
                os.ftruncate(self._file(index), one)
                os.fsync(self._file(index))
            volumes = self._described(sizes) if self.volume_size else ()
            paths = tuple(self.path(index) for index in range(len(sizes)))
            for path in paths:
                _part(path).rename(path)
            if self.volume_size:
                sync_directory(self.target.parent)  # what describes them must not outlive them
                description = volumes_file(self.target)
                write_atomically(description, VolumeSet(bundle, volumes).encode())
                paths = (description, *paths)
            sync_directory(self.target.parent)
        return paths

    def _sizes(self, size: int) -> list[int]:
        if not self.volume_size:
            return [size]
        full, rest = divmod(size, self.volume_size)
        return [self.volume_size] * full + ([rest] if rest else [])

    def _described(self, sizes: Sequence[int]) -> tuple[Volume, ...]:
        """The volumes with their digests; their bytes come in no order, so they are read here."""
        return each(range(len(sizes)), lambda index: self._volume(index, sizes[index]), _HASHERS)

    def _volume(self, index: int, size: int) -> Volume:
        summary = hashlib.sha256()
        for offset in range(0, size, _READ):
            summary.update(os.pread(self._file(index), _READ, offset))
        return Volume(self.path(index).name, size, Digest("sha256", summary.hexdigest()))

    def allocated(self) -> int:
        """Bytes on the disk that the unfinished file takes already."""
        return sum(path.stat().st_blocks * 512 for path in self._left())

    def close(self) -> None:
        """Let go of the files; what was written stays."""
        self._closing.close()
        self._files.clear()


def _begin_writeback(file: int, offset: int, size: int) -> None:
    """Let the disk write while the network is read, so that the last fsync finds little to do.

    posix_fadvise(2), POSIX_FADV_DONTNEED: dirty pages are not dropped, but begun to be written.
    """
    with suppress(OSError):  # only a hint
        os.posix_fadvise(file, offset, size, os.POSIX_FADV_DONTNEED)


def _part(path: Path) -> Path:
    return path.with_name(path.name + PART_SUFFIX)
