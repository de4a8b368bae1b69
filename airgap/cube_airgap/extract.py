"""Unpacking a bundle into a directory, which is then an OCI image layout."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cube_airgap.catalogue import CATALOGUE_PATH, SIGNATURE_PATH
from cube_airgap.disk import new_file, write_atomically, writing_to
from cube_airgap.errors import IntegrityError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.bundle import Bundle, Place
    from cube_airgap.digest import Digest
    from cube_airgap.progress import Progress

_PROGRAM_MODE = 0o755  # as tar(1) gives it


def extract(bundle: Bundle, directory: Path, progress: Progress) -> None:
    """Write every member below `directory`, checked against its digest.

    `directory` must be empty, absent, or hold an extraction of the same bundle, which is gone on
    with: what is there with its right digest is kept. Works in order, so a bundle may come from a
    pipe.
    Raises UsageError, for a delta too, since that is no whole layout; SpaceError, IntegrityError.
    """
    bundle.catalogue.refuse_delta("unpacked into an OCI image layout")
    with writing_to(directory):
        _prepare(bundle, directory)
        written = bundle.places[1:]  # _prepare left the catalogue there
        progress.start(sum(place.member.size for place in written), 0, len(written))
        try:
            for place in written:
                _write(bundle, place, directory, progress)
                progress.item_done(place.member.path)
        finally:
            progress.close()


def _prepare(bundle: Bundle, directory: Path) -> None:
    """Make the directory, and leave the catalogue there to know it by."""
    mark = directory / CATALOGUE_PATH
    if directory.is_dir() and any(directory.iterdir()):
        if not mark.is_file() or mark.read_bytes() != bundle.catalogue.raw:
            raise UsageError(
                f"{directory} is not empty and holds something else",
                remedy="choose another directory, or empty this one",
            )
    else:
        directory.mkdir(parents=True, exist_ok=True)
        write_atomically(mark, bundle.catalogue.raw)
    if bundle.signature:
        write_atomically(directory / SIGNATURE_PATH, bundle.signature)


def _write(bundle: Bundle, place: Place, directory: Path, progress: Progress) -> None:
    """Write one member beside its place, and move it there when its digest is right."""
    path = directory / place.member.path
    digest = bundle.catalogue.digests[place.member.path]
    if path.is_file() and _is_right(path, digest):
        progress.advance(place.member.size)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}~")  # no path in a bundle has this character
    hasher = digest.hasher()
    opened = new_file(part)
    try:
        with opened as file:
            for piece in bundle.content.pieces(place.data_offset, place.member.size):
                hasher.update(piece)
                file.write(piece)
                progress.advance(len(piece))
        if hasher.hexdigest() != digest.hex:
            raise IntegrityError(
                f"{place.member.path} is damaged in the bundle",
                remedy="run `cube-bundle verify` to see all damage, then carry the file again",
            )
        if place.member.is_program:
            part.chmod(_PROGRAM_MODE)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _is_right(path: Path, digest: Digest) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, digest.algorithm).hexdigest() == digest.hex
