"""Where everything lies in a bundle: a pure function of its catalogue and its small members.

head       compressed frames: bundle.json, its signature if it has one, then the other files,
           manifests and configurations
stored     large blobs that are compressed already: size and place are known before they arrive
tail       large blobs that compress well, then the end of the tar, then the seek table
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cube_airgap.catalogue import CATALOGUE_PATH, SIGNATURE_PATH, Catalogue, Encoding
from cube_airgap.tar_member import END_OF_ARCHIVE, TarMember
from cube_airgap.zstd_frames import (
    FRAME_DATA,
    SMALL_LEVEL,
    compress,
    stored_frame_size,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cube_airgap.catalogue import BundledBlob


@dataclass(frozen=True)
class LargeMember:
    """A large blob and how its member is cut into frames of at most FRAME_DATA bytes of data.

    The tar header goes with the first frame, the padding with the last.
    """

    blob: BundledBlob

    @cached_property
    def tar(self) -> TarMember:
        """The member's place in the tar."""
        return TarMember(self.blob.digest.layout_path, self.blob.size)

    @property
    def frame_count(self) -> int:
        """How many frames hold it; an empty blob has one too, for its header."""
        return max(1, -(-self.blob.size // FRAME_DATA))

    def data_size(self, frame: int) -> int:
        """Bytes of the blob in that frame."""
        return min(FRAME_DATA, self.blob.size - frame * FRAME_DATA)

    def header(self, frame: int) -> bytes:
        """The tar header, in the first frame."""
        return self.tar.header if frame == 0 else b""

    def padding(self, frame: int) -> int:
        """Zero bytes, in the last frame."""
        return self.tar.padding if frame == self.frame_count - 1 else 0

    def content_size(self, frame: int) -> int:
        """Bytes of tar in that frame."""
        return len(self.header(frame)) + self.data_size(frame) + self.padding(frame)


@dataclass(frozen=True)
class StoredMember(LargeMember):
    """A large member in stored frames, from `offset` of the file on."""

    offset: int

    def frame_size(self, frame: int) -> int:
        """Encoded bytes of that frame."""
        header = len(self.header(frame))
        return stored_frame_size(header, self.data_size(frame), self.padding(frame))

    def frame_offset(self, frame: int) -> int:
        """Where in the file that frame begins."""
        if frame == 0:
            return self.offset
        return self.offset + self.frame_size(0) + (frame - 1) * _FULL_FRAME

    @property
    def end(self) -> int:
        """Where in the file the next member begins."""
        last = self.frame_count - 1
        return self.frame_offset(last) + self.frame_size(last)


_FULL_FRAME = stored_frame_size(0, FRAME_DATA, 0)


@dataclass(frozen=True)
class EncodedFrame:
    """A frame that is encoded already, and how many bytes of tar it holds."""

    encoded: bytes
    content_size: int

    @classmethod
    def of(cls, content: bytes) -> EncodedFrame:
        """Compress small content hard."""
        return cls(compress(content, SMALL_LEVEL), len(content))


@dataclass(frozen=True)
class BundleLayout:
    """A bundle's parts in file order."""

    head: tuple[EncodedFrame, ...]
    stored: tuple[StoredMember, ...]
    tail: tuple[LargeMember, ...]

    @classmethod
    def of(
        cls, catalogue: Catalogue, small: Mapping[str, bytes], signature: bytes = b""
    ) -> BundleLayout:
        """Lay out `catalogue`; `small` has files and small blobs by their path in the tar.

        A blob that is not in it is a large one. Large blobs lie in the catalogue's order,
        which has the stored ones first.
        """
        head = tuple(_head(catalogue, small, signature))
        large = [blob for blob in catalogue.blobs if blob.digest.layout_path not in small]
        offset = sum(len(frame.encoded) for frame in head)
        stored = []
        for blob in large:
            if blob.encoding is Encoding.STORED:
                member = StoredMember(blob, offset)
                stored.append(member)
                offset = member.end
        tail = tuple(LargeMember(blob) for blob in large if blob.encoding is Encoding.ZSTD)
        return cls(head, tuple(stored), tail)

    @property
    def tail_offset(self) -> int:
        """Where in the file the stored part ends."""
        return self.stored[-1].end if self.stored else self.head_size

    @property
    def head_size(self) -> int:
        """Encoded bytes of the head."""
        return sum(len(frame.encoded) for frame in self.head)

    @cached_property
    def fingerprint(self) -> str:
        """Differs where two builds would put the same blob to different places."""
        summary = hashlib.sha256()
        for frame in self.head:
            summary.update(frame.encoded)
        return summary.hexdigest()

    def fixed_sizes(self) -> Iterator[tuple[int, int]]:
        """Encoded and content size of every frame of head and stored part."""
        for frame in self.head:
            yield len(frame.encoded), frame.content_size
        for member in self.stored:
            for index in range(member.frame_count):
                yield member.frame_size(index), member.content_size(index)


def end_frame() -> EncodedFrame:
    """The frame that ends the tar."""
    return EncodedFrame.of(END_OF_ARCHIVE)


def _head(
    catalogue: Catalogue, small: Mapping[str, bytes], signature: bytes
) -> Iterator[EncodedFrame]:
    """The catalogue alone, so that it can be had alone; then the small members, packed."""
    yield from _frames(_member(CATALOGUE_PATH, catalogue.raw))
    if signature:
        yield from _frames(_member(SIGNATURE_PATH, signature))
    paths = [member.path for member in catalogue.members()[1:]]
    yield from _packed(_member(path, small[path]) for path in paths if path in small)


def _member(path: str, data: bytes) -> bytes:
    member = TarMember(path, len(data))
    return member.header + data + bytes(member.padding)


def _packed(members: Iterable[bytes]) -> Iterator[EncodedFrame]:
    """Frames that are full, whatever the members' sizes; only one of each is held."""
    pending = bytearray()
    for member in members:
        pending += member
        full = len(pending) - len(pending) % FRAME_DATA
        yield from _frames(bytes(pending[:full]))
        del pending[:full]
    yield from _frames(bytes(pending))


def _frames(content: bytes) -> Iterator[EncodedFrame]:
    for start in range(0, len(content), FRAME_DATA):
        yield EncodedFrame.of(content[start : start + FRAME_DATA])
