"""A host's answer: status and headers at once, the body as raw bytes when it is asked for."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.closing import Closing
from cube_airgap.errors import NetworkError
from cube_airgap.registry.faults import FOREIGN_ERRORS, TemporaryFault, translated
from cube_airgap.registry.hosts import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from cube_airgap.registry.pace import Pace

PIECE = 512 << 10
_SHORT = 64 << 10
_PAGE = ("text/html", "application/xhtml")


class UnexpectedAnswerError(NetworkError):
    """A host was reached, and answers something that does not fit what it was asked."""


@dataclass(frozen=True)
class Answer(Closing):
    """What `url`, after all redirects, answered.

    A context manager: leaving it with the body unread closes the connection. The body is never
    decoded, whatever Content-Encoding says, and must come at `pace`.
    """

    response: requests.Response
    url: str
    pace: Pace

    @property
    def status(self) -> int:
        """The status code."""
        return self.response.status_code

    @property
    def host(self) -> str:
        """The host that answered, which after a redirect is not the one that was asked."""
        return host_of(self.url)

    def header(self, name: str) -> str:
        """A header's value, or an empty text."""
        return self.response.headers.get(name) or ""

    @property
    def length(self) -> int | None:
        """How many bytes the body has, if the host tells."""
        text = self.header("Content-Length")
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def is_web_page(self) -> bool:
        """Whether it is made for people with browsers."""
        return self.header("Content-Type").strip().lower().startswith(_PAGE)

    def pieces(self) -> Iterator[bytes]:
        """The body in pieces of at most PIECE bytes.

        Raises TemporaryFault when the connection breaks or only drips, and when the body ends
        before Content-Length says.
        """
        try:
            yield from self.pace.kept(self._read, self.host)
        except FOREIGN_ERRORS as error:
            raise translated(error, self.url) from error

    def _read(self) -> bytes:
        # read1 hands over what came, without collecting; it is what makes this fast.
        piece: bytes = self.response.raw.read1(PIECE, decode_content=False)
        return piece

    def read(self, most: int) -> bytes:
        """The body; of one that is longer than `most`, the first `most + 1` bytes.

        Raises TemporaryFault.
        """
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > most:
                break
        return bytes(body[: most + 1])

    def json_object(self, most: int) -> dict[str, Any]:
        """The body as a JSON object; null is an empty one. Raises NetworkError and
        TemporaryFault."""
        raw = self.read(most)
        if self.is_web_page:
            raise web_page(self)
        try:
            body = json.loads(raw) if len(raw) <= most else ""
        except (ValueError, RecursionError):
            body = ""
        if body is not None and not isinstance(body, dict):
            raise UnexpectedAnswerError(
                f"{self.host} does not answer with JSON, as a registry does",
                remedy="check the host's name, and HTTPS_PROXY and NO_PROXY",
            )
        return body or {}

    def discard(self) -> None:
        """Read a short body to its end, so that the connection can be used again; then close."""
        with contextlib.suppress(TemporaryFault):
            if (self.length or 0) <= _SHORT:
                self.read(_SHORT)
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self.response.close()


def web_page(answer: Answer) -> UnexpectedAnswerError:
    """A page came where a registry's answer was expected."""
    return UnexpectedAnswerError(
        f"{answer.host} answers with a web page (status {answer.status}), not as a registry",
        remedy="check the host's name; if it is right, a proxy or a sign-in page answers in its "
        "place: check HTTPS_PROXY and NO_PROXY",
    )
