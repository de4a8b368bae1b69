"""Writing assets of a bundle to a disk, under their names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cube_airgap.disk import new_file, writing_to
from cube_airgap.errors import IntegrityError, MissingError
from cube_install.assets.asset_stream import AssetStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cube_airgap.bundle import Bundle
    from cube_airgap.closure_entries import BundledAsset
    from cube_airgap.progress import Progress

_PIECE = 1 << 20
_PROGRAMS = (b"\x7fELF", b"#!")
_MODE = 0o755


def chosen(bundle: Bundle, patterns: Sequence[str]) -> tuple[BundledAsset, ...]:
    """The assets whose names fit one of `patterns`, or all where there is none.

    A pattern is a name, a directory, or has `*`, which stands for anything. Raises MissingError for
    one that fits nothing.
    """
    assets = bundle.catalogue.assets
    for pattern in patterns:
        if not any(_fits(one.name, pattern) for one in assets):
            raise MissingError(
                f"the bundle has no asset {pattern}",
                remedy="see what it has with cube-install assets; what is lacking goes into the "
                "lists that the bundle is built from",
            )
    if not patterns:
        return assets
    return tuple(one for one in assets if any(_fits(one.name, pattern) for pattern in patterns))


def _fits(name: str, pattern: str) -> bool:
    pattern = pattern.rstrip("/")
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}/*")


def take_out(
    bundle: Bundle, files: Mapping[str, BundledAsset], directory: Path, progress: Progress
) -> None:
    """Write `files` by their paths below `directory`; what is there whole is kept.

    Programs may be run at once. Raises SpaceError, IntegrityError.
    """
    progress.start(sum(one.size for one in files.values()), 0, len(files))
    try:
        for name, one in files.items():
            _write(bundle, one, directory / name, progress)
            progress.item_done(name)
    finally:
        progress.close()


def _write(bundle: Bundle, asset: BundledAsset, path: Path, progress: Progress) -> None:
    with writing_to(path):
        if path.is_file() and _is_right(path, asset):
            progress.advance(asset.size)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        stream = AssetStream(bundle, asset)
        start = b""
        try:
            with new_file(part) as file:
                while piece := stream.read(_PIECE):
                    start = start or piece[:4]
                    file.write(piece)
                    progress.advance(len(piece))
        except IntegrityError:
            part.unlink()
            raise
        if start.startswith(_PROGRAMS):
            part.chmod(_MODE)
        part.rename(path)


def _is_right(path: Path, asset: BundledAsset) -> bool:
    if path.stat().st_size != asset.size:
        return False
    hasher = asset.digest.hasher()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hasher.update(piece)
    return hasher.hexdigest() == asset.digest.hex
