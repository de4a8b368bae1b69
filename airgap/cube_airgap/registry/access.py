"""How registries are to be reached: credentials, trust, mirrors and patience."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from cube_airgap.errors import UsageError
from cube_airgap.registry.credentials import Credentials
from cube_airgap.registry.hosts import parse_host
from cube_airgap.registry.pace import Pace

if TYPE_CHECKING:
    from pathlib import Path

_PREFIX = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Mirror:
    """Another registry, asked first for what `origin` has.

    It keeps the origin's repositories below `prefix`, as a proxy project of Harbor does.
    """

    origin: str
    host: str
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `ORIGIN=HOST[:PORT][/PREFIX]`. Raises UsageError."""
        origin, equals, target = text.partition("=")
        host, slash, prefix = target.partition("/")
        prefix = prefix.rstrip("/")
        if not equals or (slash and prefix and not _PREFIX.fullmatch(prefix)):
            raise UsageError(
                f"{text[:200]!r} is not a mirror",
                remedy="write it as ORIGIN=HOST[:PORT][/PREFIX], for instance "
                "docker.io=mirror.example:5000 or docker.io=harbor.example/proxy",
            )
        where = f"mirror {text[:200]!r}"
        mirror = cls(parse_host(origin, where=where), parse_host(host, where=where), prefix)
        if mirror.origin == mirror.host:
            raise UsageError(
                f"mirror {text[:200]!r} names one registry twice",
                remedy="name the registry that is to be asked in the place of the first one",
            )
        return mirror

    def repository(self, repository: str) -> str:
        """Where the mirror keeps the origin's `repository`."""
        return f"{self.prefix}/{repository}" if self.prefix else repository


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited and how often is tried; all times are in seconds.

    `tries` counts tries in a row that brought nothing new. A body that is slower than `pace` is
    such a try, though each of its bytes comes within `read`.
    """

    connect: float = 10.0
    read: float = 60.0
    tries: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60.0
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True)
class RegistryAccess:
    """What a user gives to reach registries.

    `ca_file` is trusted beside the system's certificates. Only hosts in `insecure` are spoken to
    without a verified certificate, or by plain HTTP where they know no other way.
    """

    credentials: Credentials = field(default_factory=Credentials)
    ca_file: Path | None = None
    insecure: frozenset[str] = frozenset()
    mirrors: tuple[Mirror, ...] = ()
    patience: Patience = Patience()
