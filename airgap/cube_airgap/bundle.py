"""A bundle that is read: its catalogue, and any member by path or digest."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO, Self

from cube_airgap.bundle_content import FileContent, KeptContent, PipeContent
from cube_airgap.bundle_file import BundleFile
from cube_airgap.catalogue import CATALOGUE_PATH, LARGEST_CATALOGUE, SIGNATURE_PATH, Catalogue
from cube_airgap.closing import Closing
from cube_airgap.errors import IntegrityError, MissingError
from cube_airgap.manifest import LARGEST_MANIFEST, Manifest
from cube_airgap.tar_member import END_OF_ARCHIVE, TAR_BLOCK, TarMember, describe_header

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from cube_airgap.bundle_content import BundleContent
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest


LARGEST_SIGNATURE = 64 << 10
_MOST_KEPT = 96 << 20


@dataclass(frozen=True)
class Place:
    """A member and where its header begins in the content."""

    member: TarMember
    offset: int

    @property
    def data_offset(self) -> int:
        """Where its data begins."""
        return self.offset + self.member.header_size

    @property
    def end(self) -> int:
        """Where the next member begins."""
        return self.offset + self.member.content_size


class Bundle(Closing):
    """A bundle's catalogue and members; the digests are the caller's to check (see verify).

    `signature` has the bytes of SIGNATURE_PATH, of which the catalogue knows nothing, or nothing.
    `places` has all other members in order, the catalogue first.
    """

    def __init__(self, content: BundleContent, file: BundleFile | None = None) -> None:
        """Read the catalogue from the start of `content`. Raises AirgapError."""
        self.content = content
        self.file = file
        self.catalogue = _read_catalogue(content)
        first, *others = self.catalogue.members()
        self.signature = _read_signature(content, first.content_size)
        self.listed_offset = first.content_size + _signature_size(self.signature)
        starts = accumulate((one.content_size for one in others), initial=self.listed_offset)
        self.places = (
            Place(first, 0),
            *(Place(member, start) for member, start in zip(others, starts, strict=False)),
        )
        self.end = self.places[-1].end + len(END_OF_ARCHIVE)
        self._by_path = {place.member.path: place for place in self.places}

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the bundle file or volumes at `path`, reading both its ends only."""
        file = BundleFile(path)
        try:
            bundle = cls(FileContent(file), file)
            _check_identity(bundle.catalogue, file, path)
        except BaseException:
            file.close()
            raise
        return bundle

    @classmethod
    def stream(cls, stream: BinaryIO) -> Self:
        """Read a bundle from a pipe; its members can then be had in order only, once."""
        return cls(PipeContent(stream))

    @classmethod
    def receive(cls, stream: BinaryIO) -> Self:
        """Read a bundle from a pipe as stream() does, and keep its files and manifests in memory.

        Those can be had whenever they are wanted, blobs in order only, once. A program that is in
        it is passed over. Raises IntegrityError for a bundle of which that would be too much.
        """
        content = KeptContent(stream)
        bundle = cls(content)
        paths = {one.path for one in bundle.catalogue.files}
        paths |= {one.digest.layout_path for one in bundle.catalogue.manifests}
        kept = [
            place
            for place in bundle.places
            if place.member.path in paths and not place.member.is_program
        ]
        size = sum(place.member.size for place in kept)
        if size > _MOST_KEPT:
            raise _bad_start(f"files and manifests of {size:,} bytes are too many for a pipe")
        content.keep_only((place.offset, place.end) for place in kept)
        return bundle

    @property
    def file_size(self) -> int:
        """Bytes of the bundle's file or volumes; 0 for a pipe."""
        return self.file.size if self.file else 0

    def read_file(self, path: str) -> bytes:
        """A small listed member by its path, checked. Raises MissingError, IntegrityError."""
        place = self._place(path)
        data = b"".join(self.content.pieces(place.data_offset, place.member.size))
        if not self.catalogue.digests[path].matches(data):
            raise _damaged(path)
        return data

    def has(self, digest: Digest) -> bool:
        """Whether the bundle carries that blob or manifest."""
        return digest in self.catalogue.by_digest

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The blob's bytes from `start` to `end` (see image_source.BlobSource)."""
        place = self._place(blob.digest.layout_path)
        if place.member.size != blob.size:
            raise IntegrityError(
                f"blob {blob.digest} has {place.member.size} bytes in the bundle, not {blob.size}",
                remedy="the bundle or the manifest that names the blob is damaged: verify it",
            )
        stop = blob.size if end is None else min(end, blob.size)
        if start < stop:
            yield from self.content.pieces(place.data_offset + start, stop - start)

    def manifest(self, digest: Digest) -> Manifest:
        """A manifest by digest, checked against it. Raises MissingError, IntegrityError."""
        place = self._place(digest.layout_path)
        if place.member.size > LARGEST_MANIFEST:
            raise _damaged(digest.layout_path)
        raw = self.read_file(digest.layout_path)
        stated = self.catalogue.by_digest[digest].media_type
        return Manifest.parse(raw, media_type=stated, where=f"manifest {digest} in the bundle")

    def _place(self, path: str) -> Place:
        try:
            return self._by_path[path]
        except KeyError:
            raise MissingError(
                f"the bundle does not carry {path}",
                remedy="list what it carries with `cube-bundle inspect`; "
                "build it again with what is missing",
            ) from None

    def close(self) -> None:
        """Let go of the file, if one is open."""
        if self.file:
            self.file.close()


def _read_catalogue(content: BundleContent) -> Catalogue:
    block = b"".join(content.pieces(0, TAR_BLOCK))
    claim = describe_header(block)
    if claim is None or claim[0] != CATALOGUE_PATH:
        raise IntegrityError(
            f"the file does not begin with {CATALOGUE_PATH}: it is no bundle of this kind",
            remedy="give a NAME.tar.zst that cube-bundle built",
        )
    if claim[1] > LARGEST_CATALOGUE:
        raise _bad_start(f"a catalogue of {claim[1]:,} bytes is more than {LARGEST_CATALOGUE:,}")
    return Catalogue.parse(_checked_data(content, 0, TarMember(*claim)))


def _check_identity(catalogue: Catalogue, file: BundleFile, path: Path) -> None:
    if file.volumes and file.volumes.bundle != catalogue.digest:
        raise IntegrityError(
            f"the volumes at {path} are of another bundle than their description says",
            remedy="carry NAME.volumes.json and the volumes of one build, and no others",
        )


def _read_signature(content: BundleContent, offset: int) -> bytes:
    """The signature behind the catalogue, or nothing where another member begins there."""
    try:
        claim = describe_header(b"".join(content.pieces(offset, TAR_BLOCK)))
    except IntegrityError:  # verifying finds out what is damaged
        return b""
    if claim is None or claim[0] != SIGNATURE_PATH:
        return b""
    if not 0 < claim[1] <= LARGEST_SIGNATURE:
        raise _bad_start(f"a signature of {claim[1]:,} bytes is none")
    return _checked_data(content, offset, TarMember(*claim))


def _signature_size(signature: bytes) -> int:
    return TarMember(SIGNATURE_PATH, len(signature)).content_size if signature else 0


def _checked_data(content: BundleContent, offset: int, member: TarMember) -> bytes:
    """The data of the small `member` at `offset`, if all around it is as the format says."""
    whole = b"".join(content.pieces(offset, member.content_size))
    end = TAR_BLOCK + member.size
    if whole[:TAR_BLOCK] != member.header or any(whole[end:]):
        raise _bad_start(f"the tar header or padding of {member.path} is not as the format says")
    return whole[TAR_BLOCK:end]


def _bad_start(why: str) -> IntegrityError:
    return IntegrityError(
        f"the bundle does not begin as one does: {why}",
        remedy="the file was damaged on its way, or made by something else: carry it again",
    )


def _damaged(path: str) -> IntegrityError:
    return IntegrityError(
        f"{path} is damaged in the bundle",
        remedy="verify the bundle, then carry it (or the damaged volume) again",
    )
