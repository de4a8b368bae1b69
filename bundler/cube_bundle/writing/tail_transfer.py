"""Fetching the blobs that compress well: in order, compressed in threads, frame by frame."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError
from cube_airgap.zstd_frames import FRAME_DATA
from cube_bundle.writing.compressing import compressed_in_order
from cube_bundle.writing.pieces import regroup
from cube_bundle.writing.wrong_bytes import WrongBytesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from hashlib import _Hash

    from cube_airgap.bundle_layout import LargeMember
    from cube_airgap.digest import Digest
    from cube_airgap.image_source import BlobSource
    from cube_airgap.progress import Progress
    from cube_airgap.threads import Workers
    from cube_bundle.writing.bundle_writer import BundleWriter

_MOST_AT_ONCE = 16  # frames in memory, each plain and compressed


class TailTransfer:
    """Fetches what is missing of a layout's compressed blobs, with all threads that it may use."""

    def __init__(
        self,
        writer: BundleWriter,
        source_of: Callable[[Digest], BlobSource],
        progress: Progress,
        workers: Workers,
    ) -> None:
        self._writer = writer
        self._source_of = source_of
        self._progress = progress
        self._stop = workers.stop
        self._jobs = min(workers.count, _MOST_AT_ONCE)

    @property
    def done_bytes(self) -> int:
        """Bytes of blobs that an earlier run wrote already."""
        position = self._writer.tail_position
        tail = self._writer.layout.tail
        whole = sum(member.blob.size for member in tail[: position.member])
        frames = range(position.frame)
        return whole + sum(tail[position.member].data_size(frame) for frame in frames)

    def run(self) -> None:
        """Fetch until nothing is left or `stop` is set. Raises AirgapError."""
        self._check_written()
        position = self._writer.tail_position
        frame = position.frame
        with ThreadPoolExecutor(self._jobs) as pool:
            for index in range(position.member, len(self._writer.layout.tail)):
                if self._stop.is_set():
                    return
                self._fetch(pool, index, frame)
                frame = 0

    def _check_written(self) -> None:
        """Verify the complete blobs that an interrupted build did not come to verify."""
        for index in range(self._writer.tail_position.member):
            member = self._writer.layout.tail[index]
            digest = member.blob.digest
            if str(digest) in self._writer.journal.verified:
                continue
            hasher = self._rehash(index, member.frame_count)
            if self._stop.is_set():
                return
            if hasher is None or hasher.hexdigest() != digest.hex:
                self._discard(index)
                return
            self._writer.journal.blob_verified(digest)

    def _rehash(self, index: int, frames: int) -> _Hash | None:
        """A hasher of the first `frames` written frames, or None if they do not read back."""
        hasher = self._writer.layout.tail[index].blob.digest.hasher()
        try:
            for frame in range(frames):
                if self._stop.is_set():
                    break
                hasher.update(self._writer.read_compressed(index, frame))
        except IntegrityError:
            return None
        return hasher

    def _discard(self, index: int) -> None:
        """Forget what was written of a damaged blob, and of those after it."""
        digest = self._writer.layout.tail[index].blob.digest
        before = self.done_bytes
        self._writer.restart_compressed(index)
        self._progress.advance(self.done_bytes - before)
        self._progress.note(f"blob {digest} came damaged")

    def _fetch(self, pool: ThreadPoolExecutor, index: int, first: int) -> None:
        """Fetch a blob from frame `first` on; if it is damaged, once more as a whole."""
        digest = self._writer.layout.tail[index].blob.digest
        for start in (first, 0):
            hasher = self._rehash(index, start)
            if hasher:
                self._append(pool, index, start, hasher)
            if self._stop.is_set():
                return
            if hasher and hasher.hexdigest() == digest.hex:
                self._writer.journal.blob_verified(digest)
                self._progress.item_done(str(digest))
                return
            self._discard(index)
        raise WrongBytesError(digest)

    def _append(self, pool: ThreadPoolExecutor, index: int, first: int, hasher: _Hash) -> None:
        """Fetch, hash, compress and write a blob's frames from `first` on."""
        member = self._writer.layout.tail[index]
        source = self._source_of(member.blob.digest)
        with closing(source.read_blob(member.blob.descriptor, first * FRAME_DATA)) as stream:
            contents = self._contents(member, first, stream, hasher)
            for encoded in compressed_in_order(pool, self._jobs, contents):
                self._writer.write_compressed(encoded)
            if not self._stop.is_set():
                next(stream, None)  # lets the source see that nothing follows

    def _contents(
        self, member: LargeMember, first: int, stream: Iterator[bytes], hasher: _Hash
    ) -> Iterator[bytes]:
        frames = range(first, member.frame_count)
        sizes = (member.data_size(frame) for frame in frames)
        for frame, data in zip(frames, regroup(stream, sizes), strict=True):
            if self._stop.is_set():
                return
            for view in data:
                hasher.update(view)
            self._progress.advance(sum(len(view) for view in data))
            content = b"".join((member.header(frame), *data, bytes(member.padding(frame))))
            data.clear()  # the copy is enough
            yield content
