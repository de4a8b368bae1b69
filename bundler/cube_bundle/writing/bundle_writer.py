"""The bundle's bytes on disk: every frame goes once, straight to its final offset."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from cube_airgap.bundle_layout import end_frame
from cube_airgap.errors import IntegrityError, SpaceError
from cube_airgap.seek_table import SeekTable
from cube_airgap.zstd_frames import decode, encode_stored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from cube_airgap.bundle_layout import BundleLayout, LargeMember, StoredMember
    from cube_airgap.digest import Digest
    from cube_bundle.writing.journal import Journal
    from cube_bundle.writing.part_file import PartFile


@dataclass(frozen=True)
class TailPosition:
    """Where the next compressed frame belongs: a tail member's number, and a frame's in it."""

    member: int
    frame: int


class BundleWriter:
    """Writes the frames of one layout and journals each. Safe for threads.

    Stored frames come in any order; compressed ones in order, since each begins where the last
    one ended.
    """

    def __init__(self, layout: BundleLayout, part: PartFile, journal: Journal) -> None:
        """Write the head, which costs little and so is never resumed."""
        self.layout = layout
        self.part = part
        self.journal = journal
        part.pwrite([frame.encoded for frame in layout.head], 0)
        self._tail_offsets = [*accumulate(journal.compressed, initial=layout.tail_offset)]
        counts = (member.frame_count for member in layout.tail)
        self._first_frames = [*accumulate(counts, initial=0)]

    def has_stored(self, member: int, frame: int) -> bool:
        """Whether that stored frame is written already."""
        return frame in self.journal.stored.get(member, ())

    def write_stored(self, index: int, frame: int, data: Sequence[Buffer]) -> None:
        """Write one stored frame of member `index`; `data` is the blob's part in it."""
        member = self.layout.stored[index]
        buffers = encode_stored(member.header(frame), data, member.padding(frame))
        self.part.pwrite(buffers, member.frame_offset(frame))
        self.journal.stored_frame(index, frame)

    def read_stored(self, index: int, frame: int) -> bytes:
        """The blob's part in a written stored frame. Raises IntegrityError if it is damaged."""
        member = self.layout.stored[index]
        encoded = self.part.pread(member.frame_size(frame), member.frame_offset(frame))
        return _data_of(member, frame, encoded)

    @property
    def tail_position(self) -> TailPosition:
        """Where the next compressed frame belongs."""
        written = len(self._tail_offsets) - 1
        member = bisect_right(self._first_frames, written) - 1
        return TailPosition(member, written - self._first_frames[member])

    def write_compressed(self, encoded: bytes) -> None:
        """Append the next compressed frame."""
        self.part.pwrite([encoded], self._tail_offsets[-1])
        self.journal.compressed_frame(len(encoded))
        self._tail_offsets.append(self._tail_offsets[-1] + len(encoded))

    def read_compressed(self, index: int, frame: int) -> bytes:
        """The blob's part in a written compressed frame. Raises IntegrityError if damaged."""
        number = self._first_frames[index] + frame
        start, end = self._tail_offsets[number : number + 2]
        encoded = self.part.pread(end - start, start)
        return _data_of(self.layout.tail[index], frame, encoded)

    def restart_compressed(self, index: int) -> None:
        """Forget the compressed frames from tail member `index` on."""
        first = self._first_frames[index]
        self.journal.cut_compressed(first)
        del self._tail_offsets[first + 1 :]

    def finish(self, bundle: Digest) -> tuple[Path, ...]:
        """End the tar, write the seek table, and publish; the paths that now exist."""
        end = end_frame()
        tail_end = self._tail_offsets[-1]
        self.part.pwrite([end.encoded], tail_end)
        contents = (
            member.content_size(frame)
            for member in self.layout.tail
            for frame in range(member.frame_count)
        )
        sizes = [
            *self.layout.fixed_sizes(),
            *zip(self.journal.compressed, contents, strict=True),
            (len(end.encoded), end.content_size),
        ]
        table = SeekTable(sizes).encode()
        self.part.pwrite([table], tail_end + len(end.encoded))
        try:
            paths = self.part.publish(tail_end + len(end.encoded) + len(table), bundle)
        except SpaceError:
            self.journal.doubt()  # after a failed fsync nobody knows what the disk holds
            raise
        self.journal.remove()
        return paths


def _data_of(member: LargeMember | StoredMember, frame: int, encoded: bytes) -> bytes:
    content = decode(encoded, member.content_size(frame))
    header, padding = member.header(frame), member.padding(frame)
    if content[: len(header)] != header or any(content[len(content) - padding :]):
        raise IntegrityError(
            f"a written frame of {member.blob.digest} does not read back",
            remedy="check the disk",
        )
    return content[len(header) : len(content) - padding]
