"""Streaming a blob from a registry, going on inside it where a connection broke."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError
from cube_airgap.registry.answer import web_page
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.retries import Attempts, Retries

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.endpoint import Call, Endpoint

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")
# Less than this much between two faults does not count as progress, else a registry that breaks
# every connection early could be asked for ever.
_PROGRESS = 1 << 20
_DAMAGED = (
    "the registry, or a proxy before it, does not send what it has stored: "
    "push the image there again, or use another --mirror"
)


def stream_blob(
    endpoint: Endpoint, call: Call, blob: Descriptor, start: int, retries: Retries
) -> Generator[bytes, None, None]:
    """The bytes of `blob`, which `call` asks for, from `start` to the end.

    Raises AirgapError; IntegrityError when the registry has another length of it.
    """
    position = start
    attempts = Attempts(retries)
    while position < blob.size:
        begin = position
        try:
            with endpoint.send(_from(call, position)) as answer:
                _check(endpoint, answer, blob, position)
                for piece in _body(answer, blob, position):
                    position += len(piece)
                    yield piece
        except TemporaryFault as fault:
            if position - begin >= _PROGRESS:
                attempts.progressed()
            attempts.failed(fault)


def _from(call: Call, position: int) -> Call:
    return replace(call, headers={"Range": f"bytes={position}-"}) if position else call


def _check(endpoint: Endpoint, answer: Answer, blob: Descriptor, position: int) -> None:
    """See that `answer` is the blob from `position` on, or the whole blob."""
    if answer.status == 416:
        raise _wrong_length(answer, blob, "less")
    if answer.status not in {200, 206}:
        raise endpoint.refusal(answer, f"blob {blob.digest}")
    _check_length(answer, blob, position)


def _check_length(answer: Answer, blob: Descriptor, position: int) -> None:
    first = 0
    if answer.status == 206:
        first = position
        _check_range(answer, blob, position)
    expected = blob.size - first
    if answer.length == expected:
        return
    if answer.is_web_page and "html" not in blob.media_type:
        raise web_page(answer)
    if answer.length is not None:
        raise _wrong_length(answer, blob, str(first + answer.length))


def _check_range(answer: Answer, blob: Descriptor, position: int) -> None:
    told = answer.header("Content-Range")
    match = _CONTENT_RANGE.fullmatch(told.strip())
    if match and match[3] != "*" and int(match[3]) != blob.size:
        raise _wrong_length(answer, blob, match[3])
    if not match or (int(match[1]), int(match[2])) != (position, blob.size - 1):
        raise IntegrityError(
            f"{answer.host} was asked for blob {blob.digest} from byte {position} on and answers "
            f"with the range {told[:80]!r}",
            remedy=_DAMAGED,
        )


def _body(answer: Answer, blob: Descriptor, position: int) -> Iterator[bytes]:
    """The pieces from `position` on. What comes before is dropped: some servers ignore Range."""
    skip = position if answer.status == 200 else 0
    left = blob.size - position
    for piece in answer.pieces():
        wanted = piece
        if skip:
            wanted = piece[skip:]
            skip -= len(piece) - len(wanted)
        left -= len(wanted)
        if left < 0:
            raise _wrong_length(answer, blob, "more")
        if wanted:
            yield wanted
    if left:
        raise TemporaryFault(_wrong_length(answer, blob, str(blob.size - left)))


def _wrong_length(answer: Answer, blob: Descriptor, found: str) -> IntegrityError:
    return IntegrityError(
        f"blob {blob.digest} has {blob.size} bytes by its manifest, and {answer.host} sends "
        f"{found}",
        remedy=_DAMAGED,
    )
