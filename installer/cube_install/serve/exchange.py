"""A request and its answer, as a registry sees them and no server library does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.catalogue import BundledBlob


@dataclass(frozen=True)
class Request:
    """What a client asks for; `path` is decoded, `headers` are found in any case of letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str]) -> Request:
        """Take apart the target of a request line."""
        path, _, query = target.partition("?")
        found: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            found.setdefault(name, value)
        return cls(method, unquote(path), found, headers)


@dataclass(frozen=True)
class BlobPart:
    """The bytes of a blob from `start` up to `stop`."""

    blob: BundledBlob
    start: int
    stop: int

    @property
    def size(self) -> int:
        """How many bytes these are."""
        return self.stop - self.start

    @property
    def is_whole(self) -> bool:
        """Whether these are all of them."""
        return self.size == self.blob.size


@dataclass(frozen=True)
class Answer:
    """Status, headers, and the body or which part of a blob the body is."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | BlobPart = b""

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.size
