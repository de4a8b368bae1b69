"""Streaming a blob from a registry, going on inside it where a connection broke."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError
from cube_airgap.registry.answer import web_page
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.resuming import resumed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.endpoint import Call, Endpoint
    from cube_airgap.registry.retries import Retries

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")
_DAMAGED = (
    "the registry, or a proxy before it, does not send what it has stored: "
    "push the image there again, or use another --mirror"
)


@dataclass(frozen=True)
class BlobStream:
    """A way to read `blob` from `endpoint`, which `call` asks for it."""

    endpoint: Endpoint
    call: Call
    blob: Descriptor
    retries: Retries

    def read(self, start: int, end: int) -> Generator[bytes, None, None]:
        """The bytes from offset `start` up to `end`, in pieces of at most PIECE bytes.

        Raises AirgapError; IntegrityError when the registry has another length of the blob.
        """
        return resumed(lambda position: self._try(position, end), start, end, self.retries)

    def _try(self, position: int, end: int) -> Generator[bytes, None, None]:
        with self.endpoint.send(self._call(position, end)) as answer:
            yield from self._body(answer, position, end)

    def _call(self, position: int, end: int) -> Call:
        """Bounded where the end is, so that the connection can be used again."""
        if (position, end) == (0, self.blob.size):
            return self.call
        return replace(self.call, headers={"Range": f"bytes={position}-{end - 1}"})

    def _body(self, answer: Answer, position: int, end: int) -> Iterator[bytes]:
        """What of `answer` lies from `position` up to `end`."""
        if answer.status == 416:
            raise self._wrong_length(answer, "less")
        if answer.status not in {200, 206}:
            raise self.endpoint.refusal(answer, f"blob {self.blob.digest}")
        first, last = 0, self.blob.size
        if answer.status == 206:
            first, last = self._range(answer, position, end)
        self._check_length(answer, first, last)
        # Some servers ignore Range and send the whole blob: what comes before is dropped.
        skip = position - first
        for piece in self._bounded(answer, last - first):
            wanted = piece[skip : skip + end - position]
            skip = max(0, skip - len(piece))
            position += len(wanted)
            if wanted:
                yield wanted
            if position == end < last:
                return

    def _range(self, answer: Answer, position: int, end: int) -> tuple[int, int]:
        """The range that the registry sends; it may be shorter than what was asked for."""
        told = answer.header("Content-Range")
        match = _CONTENT_RANGE.fullmatch(told.strip())
        if match and match[3] != "*" and int(match[3]) != self.blob.size:
            raise self._wrong_length(answer, match[3])
        if not match or int(match[1]) != position or not position <= int(match[2]) < end:
            raise IntegrityError(
                f"{answer.host} was asked for bytes {position}-{end - 1} of blob "
                f"{self.blob.digest}, and says that it sends {told[:80]!r}",
                remedy=_DAMAGED,
            )
        return position, int(match[2]) + 1

    def _check_length(self, answer: Answer, first: int, last: int) -> None:
        if answer.length == last - first:
            return
        if answer.is_web_page and "html" not in self.blob.media_type:
            raise web_page(answer)
        if answer.length is not None:
            raise self._wrong_length(answer, str(self.blob.size - last + first + answer.length))

    def _bounded(self, answer: Answer, length: int) -> Iterator[bytes]:
        """The body, which must be `length` bytes long."""
        left = length
        for piece in answer.pieces():
            left -= len(piece)
            if left < 0:
                raise self._wrong_length(answer, "more")
            yield piece
        if left:
            # Without a Content-Length nothing but this tells a broken connection from a short blob.
            raise TemporaryFault(self._wrong_length(answer, f"{left} less"))

    def _wrong_length(self, answer: Answer, found: str) -> IntegrityError:
        return IntegrityError(
            f"blob {self.blob.digest} has {self.blob.size} bytes by its manifest, and "
            f"{answer.host} sends {found}",
            remedy=_DAMAGED,
        )
