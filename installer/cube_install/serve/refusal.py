"""What a registry says when it does not do what was asked (distribution spec, "Error Codes")."""

from __future__ import annotations

import json
from enum import StrEnum


class Code(StrEnum):
    """The error codes that a registry which takes nothing can have to give."""

    BLOB_UNKNOWN = "BLOB_UNKNOWN"
    DIGEST_INVALID = "DIGEST_INVALID"
    MANIFEST_UNKNOWN = "MANIFEST_UNKNOWN"
    NAME_INVALID = "NAME_INVALID"
    NAME_UNKNOWN = "NAME_UNKNOWN"
    SIZE_INVALID = "SIZE_INVALID"
    UNSUPPORTED = "UNSUPPORTED"
    UNKNOWN = "UNKNOWN"
    """Not in the specification, which leaves failures of the server open; all registries use it."""


class Refusal(Exception):  # noqa: N818 - the client's mistake mostly, and no error here
    """An answer other than what was asked for: HTTP status, code, and a text for people."""

    def __init__(
        self, status: int, code: Code, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    @property
    def body(self) -> bytes:
        """The JSON that clients look for."""
        return json.dumps({"errors": [{"code": self.code, "message": self.message}]}).encode()
