"""The site's registry as what is inside the cluster needs it: names, and whom to trust for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cube_airgap.assets_artifact import ARTIFACT
from cube_airgap.errors import UsageError
from cube_airgap.file_range import read_head

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cube_airgap.reference import Reference
    from cube_airgap.relocation import Relocation
    from cube_push.target import Target

_LARGEST_CA = 1 << 20


@dataclass(frozen=True)
class SiteRegistry:
    """HOST or HOST:PORT, the path in it below which images are, and the rules of relocation.

    `authorities` are certificates in PEM that it may be known by beside the usual ones;
    `is_insecure` says that it need not be known at all.
    """

    host: str
    project: str
    relocation: Relocation
    authorities: str = ""
    is_insecure: bool = False

    @classmethod
    def of(cls, target: Target) -> Self:
        """The same registry without logins. Raises UsageError for a CA file that is no text."""
        access = target.access
        return cls(
            target.host,
            target.project,
            target.relocation,
            _authorities(access.ca_file) if access.ca_file else "",
            target.host in access.insecure,
        )

    @property
    def name(self) -> str:
        """HOST/PROJECT."""
        return f"{self.host}/{self.project}"

    @property
    def assets(self) -> str:
        """The repository with the bundle's assets as blobs."""
        return self.relocation.repository(ARTIFACT)

    def targets(self, origins: Iterable[Reference]) -> dict[Reference, Reference]:
        """What `origins` are called here. Raises UsageError where two come to one name."""
        return self.relocation.targets(origins, self.host)


def check_host(host: str) -> None:
    """Raise UsageError where nodes and manifests would not take `host` for a registry's."""
    if host.startswith("["):
        raise UsageError(
            f"the registry {host} is an IPv6 address, which images cannot have in their names",
            remedy="give the registry a host name, and use that",
        )
    if not any(mark in host for mark in ".:") and host != "localhost":
        raise UsageError(
            f"nodes would take the registry's name {host} for a part of a name on Docker Hub",
            remedy=f"use its full name, as {host}.site.example, or {host}:443",
        )


def _authorities(path: Path) -> str:
    try:
        return read_head(path, _LARGEST_CA).decode("ascii")
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is no file of certificates in PEM",
            remedy="give the authority's certificate as text, with BEGIN CERTIFICATE in it",
        ) from None
