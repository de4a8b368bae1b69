"""Streaming a file from an address of the web, going on inside it where a connection broke."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cube_airgap.errors import AirgapError, AuthenticationError, IntegrityError, MissingError
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.hosts import shown
from cube_airgap.registry.refusals import raise_if_temporary
from cube_airgap.registry.resuming import resumed
from cube_airgap.registry.transport import HttpRequest, Transport

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.retries import Retries

_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,19})-(\d{1,19})|\*)/(\d{1,19}|\*)")
_PAGE_ENDS = (".html", ".htm", ".xhtml")


@dataclass(frozen=True)
class FileFacts:
    """What a host tells of a file: its `size` in bytes, or None where it does not say.

    `version` differs where the file does (a strong ETag, or else a time); empty if not told.
    `place` is the address that told it; empty if it does not matter. With `has_end`, the file's end
    can be told from a broken connection.
    """

    size: int | None
    version: str = ""
    place: str = ""
    has_end: bool = True


@dataclass
class WebStream:
    """A way to read the file at `url`, of which `facts` are known; it must not change meanwhile."""

    transport: Transport
    retries: Retries
    url: str
    facts: FileFacts = field(default_factory=lambda: FileFacts(None))

    def look(self) -> FileFacts:
        """What the host tells of the file; one that cannot be reached is told at once.

        Raises AirgapError.
        """
        return self.retries.run(self._first_look)

    def read(self, start: int, end: int | None) -> Generator[bytes, None, None]:
        """The bytes from offset `start` up to `end`, or to wherever the file ends.

        Raises AirgapError; IntegrityError when the file has another size, or another version.
        """
        return resumed(lambda position: self._try(position, end), start, end, self.retries)

    def _try(self, position: int, end: int | None) -> Generator[bytes, None, None]:
        with self._asked(position, end) as answer:
            yield from self._body(answer, position, end)

    def _first_look(self) -> FileFacts:
        try:
            return self._look()
        except TemporaryFault as fault:
            if fault.unreached:
                raise fault.error from fault
            raise

    def _look(self) -> FileFacts:
        """Asks for one byte: there are hosts that answer HEAD with anything."""
        with self._send({"Range": "bytes=0-0"}) as answer:
            if answer.status == 416:
                return FileFacts(_told_size(answer), _version(answer), self.url)
            self._check(answer)
            size = _told_size(answer) if answer.status == 206 else answer.length
            chunked = "chunked" in answer.header("Transfer-Encoding").lower()
            has_end = size is not None or chunked
            facts = FileFacts(size, _version(answer), self.url, has_end=has_end)
            if answer.status == 206:
                answer.discard()
            return facts

    def _asked(self, position: int, end: int | None) -> Answer:
        headers = {}
        if position or end != self.facts.size:
            headers["Range"] = f"bytes={position}-{'' if end is None else end - 1}"
            if self.facts.version:
                headers["If-Range"] = self.facts.version
        return self._send(headers)

    def _send(self, headers: dict[str, str]) -> Answer:
        answer = self.transport.follow(HttpRequest("GET", self.url, headers))
        raise_if_temporary(answer)
        return answer

    def _body(self, answer: Answer, position: int, end: int | None) -> Iterator[bytes]:
        """What of `answer` lies from `position` up to `end`."""
        if answer.status == 416:
            raise self._changed(f"it has no byte {position}")
        self._check(answer)
        version = _version(answer)
        if version and self.facts.version and version != self.facts.version:
            raise self._changed("its version is another")
        first, size = 0, answer.length
        if answer.status == 206:
            first, size = _first(answer), _told_size(answer)
        if size is not None and self.facts.size not in {None, size}:
            raise self._changed(f"it has {size:,} bytes, not {self.facts.size:,}")
        if first > position:
            raise self._changed(f"bytes from {position} were asked for, and come from {first}")
        # Some servers ignore Range and send the whole file: what comes before is dropped.
        yield from self._cut(answer, position - first, None if end is None else end - position)

    def _cut(self, answer: Answer, skip: int, left: int | None) -> Iterator[bytes]:
        asked = left
        for piece in answer.pieces():
            wanted = piece[skip:] if left is None else piece[skip : skip + left]
            skip = max(0, skip - len(piece))
            if wanted:
                yield wanted
            if left is not None:
                left -= len(wanted)
                if not left:
                    return
        # A part may be shorter than what was asked for; one without any of it brings nobody on.
        if left and (answer.status != 206 or left == asked):
            # Without a Content-Length nothing but this tells a broken connection from a short file.
            raise TemporaryFault(self._changed(f"it ends {left:,} bytes too early"))

    def _check(self, answer: Answer) -> None:
        if answer.status not in {200, 206}:
            raise self._refusal(answer)
        path = urlsplit(self.url).path.lower()
        if answer.is_web_page and not path.endswith(_PAGE_ENDS):
            raise UnexpectedAnswerError(
                f"{answer.host} answers with a web page where the file {shown(self.url)} should be",
                remedy="check the address in a browser; a proxy or a sign-in page may answer in "
                "its place: check HTTPS_PROXY and NO_PROXY",
            )

    def _refusal(self, answer: Answer) -> AirgapError:
        name = shown(self.url)
        answer.close()
        if answer.status in {404, 410}:
            return MissingError(
                f"there is no {name} (status {answer.status})",
                remedy="check the address: the file may have been moved or deleted",
            )
        if answer.status in {401, 403}:
            return AuthenticationError(
                f"{answer.host} does not give {name} to everybody (status {answer.status})",
                remedy="put a copy where no login is needed, and give that host as a --mirror",
            )
        return UnexpectedAnswerError(
            f"{answer.host} answers with status {answer.status} to {name}",
            remedy="check the address in a browser",
        )

    def _changed(self, why: str) -> IntegrityError:
        return IntegrityError(
            f"{shown(self.url)} is not the file that it was: {why}",
            remedy="it was replaced there, or a proxy spoils it: lock it anew if the new one is "
            "meant",
        )


def _told_size(answer: Answer) -> int | None:
    """The whole file's size, by Content-Range."""
    match = _CONTENT_RANGE.fullmatch(answer.header("Content-Range").strip())
    return int(match[3]) if match and match[3] != "*" else None


def _first(answer: Answer) -> int:
    match = _CONTENT_RANGE.fullmatch(answer.header("Content-Range").strip())
    return int(match[1]) if match and match[1] else 0


def _version(answer: Answer) -> str:
    tag = answer.header("ETag").strip()
    return tag if tag.startswith('"') else answer.header("Last-Modified").strip()
