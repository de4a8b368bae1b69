"""A Harbor that tests talk to, real or not."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RunningHarbor:
    """Where it is, its administrator's login, and its version, such as 2.9.5.

    `external_url` is what it calls itself, if that is another address.
    """

    base: str
    username: str
    password: str
    version: str
    ca_file: str | None = None
    external_url: str = ""

    @property
    def own_url(self) -> str:
        """Where it reaches itself."""
        return self.external_url or self.base

    @property
    def host(self) -> str:
        return urlsplit(self.base).netloc

    @property
    def is_plain(self) -> bool:
        return self.base.startswith("http:")
