"""Where Harbor's offline installer comes from: a file, or a bundle that carries it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.file_range import is_file, unreadable
from cube_install.assets.asset_stream import AssetStream
from cube_install.assets.kit import architecture_of

if TYPE_CHECKING:
    import io
    from pathlib import Path

    from cube_airgap.bundle import Bundle
    from cube_airgap.closure_entries import BundledAsset

_INSTALLER = re.compile(r"(?:.*/)?harbor-offline-installer-([^/]*)\.tgz")


class ArchiveSource(Protocol):
    """An archive that is read from its beginning, as often as one likes."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    @property
    def size(self) -> int:
        """Its bytes."""

    def open(self) -> io.RawIOBase:
        """A stream of it. Raises AirgapError, which its end may do for bytes that are wrong."""


@dataclass(frozen=True)
class ArchiveFile:
    """An archive on disk."""

    path: Path

    @property
    def name(self) -> str:
        """See ArchiveSource."""
        return str(self.path)

    @property
    def size(self) -> int:
        """See ArchiveSource."""
        return self.path.stat().st_size

    def open(self) -> io.RawIOBase:
        """See ArchiveSource."""
        try:
            return self.path.open("rb", buffering=0)
        except OSError as error:
            raise unreadable(self.path, error) from None


@dataclass(frozen=True)
class BundledArchive:
    """An archive that a bundle carries; it is not copied out first."""

    bundle: Bundle
    asset: BundledAsset

    @property
    def name(self) -> str:
        """See ArchiveSource."""
        return f"{self.asset.name} in the bundle"

    @property
    def size(self) -> int:
        """See ArchiveSource."""
        return self.asset.size

    def open(self) -> io.RawIOBase:
        """See ArchiveSource."""
        return AssetStream(self.bundle, self.asset)


def archive_file(path: Path) -> ArchiveFile:
    """The archive at `path`. Raises MissingError."""
    if not is_file(path):
        raise MissingError(
            f"there is no installer of Harbor at {path}",
            remedy="give --archive with the path of harbor-offline-installer-VERSION.tgz",
        )
    return ArchiveFile(path)


def bundled_archive(bundle: Bundle, architecture: str) -> BundledArchive | None:
    """The installer for machines of `architecture` (amd64, arm64) that the bundle carries, or None.

    Raises UsageError where there are several, and where there are others only.
    """
    there = [one for one in bundle.catalogue.assets if _INSTALLER.fullmatch(one.name)]
    fitting = [one for one in there if architecture_of(one.name) == architecture]
    if len(fitting) > 1:
        raise UsageError(
            f"the bundle has several installers of Harbor: {_names(fitting)}",
            remedy="take one out with `cube-install kit`, and give its path with --archive",
        )
    if there and not fitting:
        raise UsageError(
            f"the bundle has Harbor's installer for another architecture only: {_names(there)}",
            remedy=f"build the bundle with --platform linux/{architecture} too, or give --archive",
        )
    return BundledArchive(bundle, fitting[0]) if fitting else None


def _names(assets: list[BundledAsset]) -> str:
    return ", ".join(sorted(one.name for one in assets))
