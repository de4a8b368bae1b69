"""Verifying a bundle: every byte, and both ways: listed but absent, present but unlisted."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from cube_airgap.closure import closure_findings
from cube_airgap.errors import IntegrityError
from cube_airgap.finding import Finding, Problem
from cube_airgap.manifest import LARGEST_MANIFEST
from cube_airgap.tar_member import END_OF_ARCHIVE, TAR_BLOCK, TarMember, describe_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.bundle import Bundle
    from cube_airgap.progress import Progress

INDEX_PATH = "index.json"


def verify(bundle: Bundle, progress: Progress) -> tuple[Finding, ...]:
    """Read the whole bundle, in order, and return everything that is wrong with it.

    After damage it goes on at the next member, as far as the content can be read at random.
    """
    walk = _Walk(bundle, progress)
    progress.start(bundle.end, 0, len(bundle.places))
    findings = [*walk.findings()]
    index = walk.kept.get(INDEX_PATH, b"")
    manifests = {
        blob.digest: walk.kept[blob.digest.layout_path]
        for blob in bundle.catalogue.manifests
        if blob.digest.layout_path in walk.kept
    }
    findings += closure_findings(bundle.catalogue, manifests, index)
    return tuple(findings)


class _Walk:
    """One pass over the tar's members as they really lie there.

    `kept` has the index and the manifests whose digests are right, by path.
    """

    def __init__(self, bundle: Bundle, progress: Progress) -> None:
        self._bundle = bundle
        self._content = bundle.content
        self._progress = progress
        self._digests = bundle.catalogue.digests
        self._members = {place.member.path: place.member for place in bundle.places}
        self._path_at = {place.offset: place.member.path for place in bundle.places}
        self._starts = [place.offset for place in bundle.places]
        self._kept_paths = {INDEX_PATH} | {
            blob.digest.layout_path for blob in bundle.catalogue.manifests
        }
        self._met: set[str] = set()
        self.kept: dict[str, bytes] = {}

    def findings(self) -> Iterator[Finding]:
        # The catalogue was read and parsed already; its bytes are the measure of all else.
        offset = self._bundle.places[0].end
        self._met.add(self._bundle.places[0].member.path)
        last = self._bundle.end - len(END_OF_ARCHIVE)
        while offset < last or (offset > last and not self._content.ends_at(offset)):
            finding, offset = self._member(offset)
            if finding:
                yield finding
        yield from self._end(offset)
        for path in self._members.keys() - self._met:
            yield Finding(Problem.ABSENT, path)

    def _member(self, offset: int) -> tuple[Finding | None, int]:
        """Check the member whose header should be at `offset`; also where to go on."""
        expected = self._path_at.get(offset)
        try:
            block = self._read(offset, TAR_BLOCK)
            claim = describe_header(block)
            if claim is None:
                return self._lost(expected, offset, "not a tar header")
            if expected and block == self._members[expected].header[:TAR_BLOCK]:
                return self._known(expected, block, offset)
            if claim[0] in self._members and claim[0] not in self._met:
                finding, end = self._known(claim[0], block, offset)
                return finding or Finding(Problem.MISPLACED, claim[0]), end
        except IntegrityError as error:
            return self._lost(expected, offset, error.what)
        return Finding(Problem.UNLISTED, claim[0]), offset + TarMember("x", claim[1]).content_size

    def _lost(self, expected: str | None, offset: int, why: str) -> tuple[Finding, int]:
        """Nothing can be read at `offset`: go on where the next member should be."""
        if expected:
            self._met.add(expected)
        following = bisect_right(self._starts, offset)
        last = self._bundle.end - len(END_OF_ARCHIVE)
        end = self._starts[following] if following < len(self._starts) else last
        return Finding(Problem.DAMAGED, expected or f"the tar at {offset}", why), end

    def _known(self, path: str, block: bytes, offset: int) -> tuple[Finding | None, int]:
        """Check a listed member's header, data and padding."""
        member = self._members[path]
        self._met.add(path)
        self._progress.item_done(path)
        end = offset + member.content_size
        try:
            header = block + self._read(offset + TAR_BLOCK, len(member.header) - TAR_BLOCK)
            if header != member.header:
                return Finding(Problem.DAMAGED, path, "its tar header is another"), end
            data_offset = offset + len(header)
            if not self._has_digest(path, data_offset, member.size):
                return Finding(Problem.DAMAGED, path, "its bytes do not have its digest"), end
            if any(self._read(data_offset + member.size, member.padding)):
                return Finding(Problem.DAMAGED, path, "its padding is not empty"), end
        except IntegrityError as error:
            return Finding(Problem.DAMAGED, path, error.what), end
        return None, end

    def _has_digest(self, path: str, offset: int, size: int) -> bool:
        digest = self._digests[path]
        hasher = digest.hasher()
        keep = path in self._kept_paths and size <= LARGEST_MANIFEST
        kept = []
        for piece in self._content.pieces(offset, size):
            hasher.update(piece)
            self._progress.advance(len(piece))
            if keep:
                kept.append(piece)
        is_right = hasher.hexdigest() == digest.hex
        if keep and is_right:
            self.kept[path] = b"".join(kept)
        return is_right

    def _read(self, offset: int, length: int) -> bytes:
        return b"".join(self._content.pieces(offset, length))

    def _end(self, offset: int) -> Iterator[Finding]:
        try:
            if self._read(offset, len(END_OF_ARCHIVE)) != END_OF_ARCHIVE:
                yield Finding(Problem.DAMAGED, "the end of the tar", "it is not empty")
            elif not self._content.ends_at(offset + len(END_OF_ARCHIVE)):
                yield Finding(Problem.UNLISTED, "content after the end of the tar")
        except IntegrityError as error:
            yield Finding(Problem.DAMAGED, "the end of the tar", error.what)
