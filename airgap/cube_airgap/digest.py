"""A content digest: the only thing from which a blob's path or URL is made."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cube_airgap.errors import IntegrityError

if TYPE_CHECKING:
    from hashlib import _Hash

_HEX_LENGTH = {"sha256": 64, "sha512": 128}
_SHAPE = re.compile(r"([a-z0-9]+):([0-9a-f]+)")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """An algorithm and its lower-case hexadecimal value (OCI image spec, descriptor.md, "Digests").

    Only sha256 and sha512 exist; anything else, a path like `sha256:../x` too, is refused.
    """

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str, *, where: str = "") -> Self:
        """Read `sha256:…`; `where` says in the error's message where the text came from.

        Raises IntegrityError.
        """
        match = _SHAPE.fullmatch(text)
        if match is None or _HEX_LENGTH.get(match[1]) != len(match[2]):
            origin = f" in {where}" if where else ""
            raise IntegrityError(
                f"{text[:160]!r}{origin} is not a digest",
                remedy="a digest is sha256: and 64 hexadecimal digits, or sha512: and 128",
            )
        return cls(match[1], match[2])

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The sha256 digest of `data`."""
        return cls("sha256", hashlib.sha256(data).hexdigest())

    def hasher(self) -> _Hash:
        """A fresh hash object of this digest's algorithm."""
        return hashlib.new(self.algorithm)

    def matches(self, data: bytes) -> bool:
        """Whether `data` has this digest."""
        return hashlib.new(self.algorithm, data).hexdigest() == self.hex

    @property
    def layout_path(self) -> str:
        """Where an OCI image layout keeps the blob (image-layout.md, "Blobs")."""
        return f"blobs/{self.algorithm}/{self.hex}"

    @property
    def short(self) -> str:
        """The first twelve digits, for people."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    def __hash__(self) -> int:
        # A text keeps its hash; a tuple's would be made anew at each of a million look-ups.
        return hash(self.hex)
