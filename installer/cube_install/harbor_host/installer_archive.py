"""Harbor's offline installer: an archive that is unpacked without being copied first.

Its form is Harbor's PACKAGE_OFFLINE_PARA (Makefile): a directory `harbor` with the programs, a
template of the settings, and all images in one file.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from cube_airgap.disk import writing_to
from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_harbor.recognition import HarborVersion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_install.harbor_host.archive_source import ArchiveSource

_TOP = "harbor"
_IMAGES = re.compile(r"harbor\.(v[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+-]*)\.tar\.gz")
_PROGRAMS = ("install.sh", "prepare", "common.sh", "harbor.yml.tmpl")
_PREPARE_IMAGE = re.compile(r"[A-Za-z0-9./_-]*prepare:[A-Za-z0-9_.-]+")
_CONFIGURATION = re.compile(r"(?:.*/)?json|[0-9a-f]{64}\.json|blobs/sha256/[0-9a-f]{64}")
_LARGEST_CONFIGURATION = 1 << 20
_PIECE = 1 << 20
_BROKEN = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)


@dataclass(frozen=True)
class Contents:
    """What an archive is, as its beginning tells: `architecture` is empty where it does not."""

    version: str
    architecture: str

    @property
    def release(self) -> HarborVersion:
        """The version as one that can be compared."""
        return _release(self.version)


@dataclass(frozen=True)
class Unpacked:
    """An installer that was unpacked to `directory`."""

    directory: Path
    version: str

    @property
    def release(self) -> HarborVersion:
        """The version as one that can be compared."""
        return _release(self.version)

    @property
    def template(self) -> Path:
        """The settings as Harbor ships them."""
        return self.directory / "harbor.yml.tmpl"

    @property
    def settings(self) -> Path:
        """The settings in force."""
        return self.directory / "harbor.yml"

    @property
    def compose_file(self) -> Path:
        """What Harbor's `prepare` makes of the settings."""
        return self.directory / "docker-compose.yml"

    @property
    def images(self) -> Path:
        """The file with all images. Raises UsageError where several would be taken for it."""
        found = sorted(self.directory.glob("harbor*.tar.gz"))
        if len(found) > 1:
            raise UsageError(
                f"{self.directory} has several files of images, and Harbor's installer stumbles "
                f"over them: {', '.join(one.name for one in found)}",
                remedy=f"delete all but harbor.{self.version}.tar.gz",
            )
        return self.directory / f"harbor.{self.version}.tar.gz"

    @property
    def prepare_image(self) -> str:
        """The image that its `prepare` runs. Raises IntegrityError."""
        return _prepare_image(self.directory)


def find_unpacked(directory: Path) -> tuple[Unpacked, ...]:
    """What lies below `directory`, the oldest version first."""
    found = [
        Unpacked(path.parent, path.parents[1].name)
        for path in directory.glob(f"v*/{_TOP}/install.sh")
        if HarborVersion.parse(path.parents[1].name)
    ]
    return tuple(sorted(found, key=lambda one: one.release))


def version_of(directory: Path) -> str:
    """The version of the Harbor that is installed in `directory`. Raises IntegrityError."""
    return _prepare_image(directory).rpartition(":")[2]


def look_into(archive: ArchiveSource) -> Contents:
    """What `archive` is, from as little of it as tells. Raises IntegrityError, MissingError."""
    with _opened(archive) as (tar, _):
        for member in tar:
            name = member.name.removeprefix("./").removeprefix(f"{_TOP}/")
            match = _IMAGES.fullmatch(name)
            if match:
                images = cast("IO[bytes]", tar.extractfile(member))
                return Contents(match[1], _architecture(images))
    raise _no_installer(archive.name)


def unpack(archive: ArchiveSource, directory: Path) -> Unpacked:
    """Unpack `archive` below `directory`, to `VERSION/harbor`.

    One of a version that is there already is unpacked over it, so that a run that was stopped in
    the middle can be gone on with. Raises IntegrityError, MissingError, SpaceError, UsageError.
    """
    staging = directory / ".unpacking"
    with writing_to(staging):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        with _opened(archive) as (tar, plain):
            # The filter refuses whatever would land outside of the directory.
            tar.extractall(staging, filter="data")
            while plain.read(_PIECE):
                pass
        version = _version_in(staging / _TOP, archive.name)
        place = directory / version
        place.mkdir(exist_ok=True)
        _move_over(staging / _TOP, place / _TOP)
        shutil.rmtree(staging)
    return Unpacked(place / _TOP, version)


def _prepare_image(directory: Path) -> str:
    program = directory / "prepare"
    match = _PREPARE_IMAGE.search(program.read_text(errors="replace")) if program.exists() else None
    if match is None:
        raise IntegrityError(
            f"{program} runs no image goharbor/prepare:VERSION, as Harbor's does",
            remedy="put back what was there, or delete the directory and run the command again",
        )
    return match[0]


def _move_over(source: Path, target: Path) -> None:
    """Put every file of `source` in its place, and leave what only `target` has: its settings."""
    target.mkdir(exist_ok=True)
    for path in source.iterdir():
        there = target / path.name
        if path.is_dir() and there.is_dir():
            _move_over(path, there)
        else:
            path.rename(there)


def _version_in(directory: Path, origin: str) -> str:
    if not all((directory / name).is_file() for name in _PROGRAMS):
        raise _no_installer(origin)
    images = [match for path in directory.iterdir() if (match := _IMAGES.fullmatch(path.name))]
    if len(images) > 1:
        raise UsageError(
            f"{origin} has several files of images: {', '.join(sorted(m[0] for m in images))}",
            remedy="give the archive as Harbor publishes it",
        )
    if not images:
        raise _no_installer(origin)
    return images[0][1]


def _architecture(images: IO[bytes]) -> str:
    """Of the first image in what `docker save` wrote; each tells of its machine in JSON."""
    with tarfile.open(fileobj=gzip.GzipFile(fileobj=images), mode="r|") as saved:
        for member in saved:
            is_small = member.isfile() and member.size <= _LARGEST_CONFIGURATION
            if is_small and _CONFIGURATION.fullmatch(member.name):
                text = cast("IO[bytes]", saved.extractfile(member)).read()
                found = _told_architecture(text)
                if found:
                    return found
    return ""


def _told_architecture(text: bytes) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    is_image = isinstance(value, dict) and {"rootfs", "layer_id", "config"} & value.keys()
    return str(value.get("architecture") or "") if is_image else ""


@contextmanager
def _opened(archive: ArchiveSource) -> Iterator[tuple[tarfile.TarFile, IO[bytes]]]:
    """The archive's tar, and its file, which has the checksum at its end."""
    reader = io.BufferedReader(archive.open(), _PIECE)
    try:
        with (
            gzip.GzipFile(fileobj=reader) as plain,
            tarfile.open(fileobj=plain, mode="r|") as tar,
        ):
            yield tar, cast("IO[bytes]", plain)
    except _BROKEN as error:
        raise IntegrityError(
            f"{archive.name} cannot be unpacked: {error}",
            remedy="carry it again: it is damaged, or no .tgz archive at all",
        ) from None
    finally:
        reader.close()


def _release(version: str) -> HarborVersion:
    return HarborVersion.parse(version) or HarborVersion(0, 0)


def _no_installer(origin: str) -> MissingError:
    return MissingError(
        f"{origin} is no offline installer of Harbor: it lacks some of {', '.join(_PROGRAMS)} "
        "and harbor.VERSION.tar.gz",
        remedy="give harbor-offline-installer-VERSION.tgz; the online installer has no images",
    )
