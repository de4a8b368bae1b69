"""Verifying a bundle: every byte, and both ways: listed but absent, present but unlisted."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from cube_airgap.catalogue import LARGEST_CATALOGUE
from cube_airgap.closure import INDEX_PATH, LAYOUT_PATH, closure_findings, layout_findings
from cube_airgap.errors import AirgapError
from cube_airgap.finding import Finding, Problem
from cube_airgap.tar_member import END_OF_ARCHIVE, TAR_BLOCK, TarMember, describe_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.bundle import Bundle
    from cube_airgap.progress import Progress

_CARRY = "carry this one again; the others need not be"


def verify(bundle: Bundle, progress: Progress) -> tuple[Finding, ...]:
    """Read the whole bundle, in order, and return everything that is wrong with it.

    After damage it goes on at the next member, as far as the content can be read at random. Where
    something is wrong with a bundle in volumes, the damaged volumes are named too.
    """
    walk = _Walk(bundle, progress)
    checked = bundle.places[1:]  # the catalogue was read already
    progress.start(sum(place.member.size for place in checked), 0, len(checked))
    try:
        findings = [*walk.findings()]
    finally:
        progress.close()
    manifests = {
        blob.digest: walk.kept[blob.digest.layout_path]
        for blob in bundle.catalogue.manifests
        if blob.digest.layout_path in walk.kept
    }
    findings += closure_findings(bundle.catalogue, manifests)
    findings += layout_findings(bundle.catalogue, walk.kept)
    if findings and bundle.file:
        damaged = bundle.file.damaged_volumes()
        findings += [Finding(Problem.DAMAGED, f"volume {name}", _CARRY) for name in damaged]
    return tuple(findings)


class _Walk:
    """One pass over the tar's members as they really lie there.

    `kept` has the layout's own files and the manifests whose digests are right, by path.
    """

    def __init__(self, bundle: Bundle, progress: Progress) -> None:
        self._bundle = bundle
        self._content = bundle.content
        self._progress = progress
        self._digests = bundle.catalogue.digests
        self._members = {place.member.path: place.member for place in bundle.places}
        self._path_at = {place.offset: place.member.path for place in bundle.places}
        self._starts = [place.offset for place in bundle.places]
        self._last = bundle.end - len(END_OF_ARCHIVE)
        self._kept_paths = {INDEX_PATH, LAYOUT_PATH} | {
            blob.digest.layout_path for blob in bundle.catalogue.manifests
        }
        self._met: set[str] = set()
        self.kept: dict[str, bytes] = {}

    def findings(self) -> Iterator[Finding]:
        # The catalogue was read and parsed already; its bytes are the measure of all else.
        offset = self._bundle.listed_offset
        self._met.add(self._bundle.places[0].member.path)
        while step := self._member(offset):
            finding, offset = step
            if finding:
                yield finding
        yield from self._end(offset)
        for path in self._members:
            if path not in self._met:
                yield Finding(Problem.ABSENT, path)

    def _member(self, offset: int) -> tuple[Finding | None, int] | None:
        """Check the member whose header is at `offset`, and say where to go on; None at the end."""
        expected = self._path_at.get(offset)
        try:
            block = self._read(offset, TAR_BLOCK)
            claim = describe_header(block)
            if claim is None:
                return None if self._is_end(block, offset) else self._lost(offset, "no tar header")
            if expected and block == self._members[expected].header[:TAR_BLOCK]:
                return self._known(expected, block, offset)
            if claim[0] in self._members and claim[0] not in self._met:
                finding, end = self._known(claim[0], block, offset)
                return finding or Finding(Problem.MISPLACED, claim[0]), end
        except AirgapError as error:
            return self._lost(offset, error.what)
        return Finding(Problem.UNLISTED, claim[0]), offset + TarMember("x", claim[1]).content_size

    def _is_end(self, block: bytes, offset: int) -> bool:
        """Whether the tar ends with `block`: where no member should be, or where the file ends."""
        is_free = offset not in self._path_at
        return not any(block) and (is_free or self._content.ends_at(offset + len(END_OF_ARCHIVE)))

    def _lost(self, offset: int, why: str) -> tuple[Finding, int] | None:
        """Nothing can be read at `offset`: go on where the next member should be, if one should."""
        if offset >= self._last:
            return None
        expected = self._path_at.get(offset)
        if expected:
            self._met.add(expected)
        following = bisect_right(self._starts, offset)
        end = self._starts[following] if following < len(self._starts) else self._last
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
        except AirgapError as error:
            return Finding(Problem.DAMAGED, path, error.what), end
        return None, end

    def _has_digest(self, path: str, offset: int, size: int) -> bool:
        digest = self._digests[path]
        hasher = digest.hasher()
        keep = path in self._kept_paths and size <= LARGEST_CATALOGUE
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
        except AirgapError as error:
            yield Finding(Problem.DAMAGED, "the end of the tar", error.what)
