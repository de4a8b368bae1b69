"""Fetching the stored blobs in parallel, hashing them on the way, and verifying each."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError
from cube_airgap.zstd_frames import FRAME_DATA
from cube_bundle.writing.pieces import regroup
from cube_bundle.writing.spans import Span, SpanQueue, runs
from cube_bundle.writing.wrong_bytes import WrongBytesError

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash

    from cube_airgap.bundle_layout import StoredMember
    from cube_airgap.digest import Digest
    from cube_airgap.image_source import BlobSource
    from cube_airgap.progress import Progress
    from cube_bundle.writing.bundle_writer import BundleWriter


@dataclass
class _Blob:
    """A stored member under way: `missing` frames to fetch, leading `hashed` frames in `hasher`."""

    index: int
    member: StoredMember
    missing: int
    hasher: _Hash
    hashed: int = 0
    claimed: bool = False
    is_second_try: bool = False


class StoredTransfer:
    """Fetches what is missing of a layout's stored blobs.

    `source_of` gives a blob's source. run() is one worker, to be called in as many threads as are
    wanted; it returns when nothing is left to do, or soon after `stop` is set.
    """

    def __init__(
        self,
        writer: BundleWriter,
        source_of: Callable[[Digest], BlobSource],
        progress: Progress,
        stop: threading.Event,
    ) -> None:
        self._writer = writer
        self._source_of = source_of
        self._progress = progress
        self._stop = stop
        self._lock = threading.Lock()
        self._blobs: dict[int, _Blob] = {}
        spans: list[Span] = []
        for index, member in enumerate(writer.layout.stored):
            if str(member.blob.digest) not in writer.journal.verified:
                spans += self._plan(index, member)
        self._queue = SpanQueue(spans)

    @property
    def done_bytes(self) -> int:
        """Bytes of blobs that an earlier run wrote already."""
        return sum(
            member.data_size(frame)
            for index, member in enumerate(self._writer.layout.stored)
            for frame in range(member.frame_count)
            if self._writer.has_stored(index, frame)
        )

    def _plan(self, index: int, member: StoredMember) -> list[Span]:
        frames = range(member.frame_count)
        missing = [frame for frame in frames if not self._writer.has_stored(index, frame)]
        self._blobs[index] = _Blob(index, member, len(missing), member.blob.digest.hasher())
        # All frames can be there and the blob not be verified: an empty span sees to that.
        return runs(index, missing) or [Span(index, member.frame_count, member.frame_count)]

    def run(self) -> None:
        """Fetch and verify until nothing is left. Raises AirgapError."""
        while not self._stop.is_set() and (span := self._queue.take()):
            try:
                blob = self._blobs[span.member]
                if span.left:
                    self._fetch(blob, span)
                if self._claim(blob):
                    self._verify(blob)
            finally:
                self._queue.release(span)

    def _fetch(self, blob: _Blob, span: Span) -> None:
        member = blob.member
        source = self._source_of(member.blob.digest)
        frames = range(span.next, span.end)  # another worker may take the rear meanwhile
        start, end = frames.start * FRAME_DATA, min(frames.stop * FRAME_DATA, member.blob.size)
        with closing(source.read_blob(member.blob.descriptor, start, end)) as stream:
            for data in regroup(stream, map(member.data_size, frames)):
                self._store(blob, span.next, data)
                data.clear()  # else this frame is held until the next one is complete
                if not self._queue.advance(span) or self._stop.is_set():
                    break
            if span.next == frames.stop:
                next(stream, None)  # lets the source see that nothing follows

    def _store(self, blob: _Blob, frame: int, data: list[memoryview]) -> None:
        if frame == blob.hashed:  # true for the worker at the front alone
            for view in data:
                blob.hasher.update(view)
            blob.hashed += 1
        self._writer.write_stored(blob.index, frame, data)
        self._progress.advance(sum(len(view) for view in data))
        with self._lock:
            blob.missing -= 1

    def _claim(self, blob: _Blob) -> bool:
        """Whether the caller is the one to verify a blob whose frames are all there."""
        with self._lock:
            claimed = blob.claimed
            blob.claimed = not blob.missing
            return blob.claimed and not claimed

    def _verify(self, blob: _Blob) -> None:
        """Hash what was not hashed on its way, and compare."""
        try:
            for frame in range(blob.hashed, blob.member.frame_count):
                if self._stop.is_set():
                    return
                blob.hasher.update(self._writer.read_stored(blob.index, frame))
            is_right = blob.hasher.hexdigest() == blob.member.blob.digest.hex
        except IntegrityError:
            is_right = False
        if is_right:
            self._writer.journal.blob_verified(blob.member.blob.digest)
            self._progress.item_done(str(blob.member.blob.digest))
        else:
            self._start_over(blob)

    def _start_over(self, blob: _Blob) -> None:
        """Fetch a damaged blob once more: a proxy or a power cut may have spoiled it."""
        member = blob.member
        self._writer.journal.restart_stored(blob.index)
        if blob.is_second_try:
            raise WrongBytesError(member.blob.digest)
        self._progress.note(f"blob {member.blob.digest} came damaged; fetching it once more")
        self._progress.advance(-member.blob.size)
        fresh = _Blob(blob.index, member, member.frame_count, member.blob.digest.hasher())
        fresh.is_second_try = True
        self._blobs[blob.index] = fresh
        self._queue.put_back(Span(blob.index, 0, member.frame_count))
