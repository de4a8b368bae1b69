"""The volumes that a bundle may be cut into, and the small file that describes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.digest import Digest
from cube_airgap.disk import reading_from
from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_airgap.json_values import read_list, read_number, read_text

if TYPE_CHECKING:
    from pathlib import Path

VOLUMES_SUFFIX = ".volumes.json"
BUNDLE_SUFFIX = ".tar.zst"
_VERSION = 1
_LARGEST_DESCRIPTION = 4 << 20


@dataclass(frozen=True)
class Volume:
    """One volume by its file name; size in bytes; the digest is sha256."""

    name: str
    size: int
    digest: Digest


@dataclass(frozen=True)
class VolumeSet:
    """What `NAME.volumes.json` says: the volumes in order and the bundle that they make up."""

    bundle: Digest
    volumes: tuple[Volume, ...]

    def encode(self) -> bytes:
        """The bytes of the file."""
        body = {
            "version": _VERSION,
            "bundle": str(self.bundle),
            "volumes": [
                {"name": one.name, "size": one.size, "digest": str(one.digest)}
                for one in self.volumes
            ],
        }
        return json.dumps(body, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file at `path`. Raises IntegrityError, and UsageError for a newer version."""
        with reading_from(path), path.open("rb") as file:
            raw = file.read(_LARGEST_DESCRIPTION + 1)
        if len(raw) > _LARGEST_DESCRIPTION:
            raise _no_description(str(path), "it is too large")
        return cls.parse(raw, where=str(path))

    @classmethod
    def parse(cls, raw: bytes, *, where: str) -> Self:
        """Read the file's bytes; `where` names it in errors. Raises as read() does."""
        try:
            body = json.loads(raw.decode())
            if read_number(body["version"]) != _VERSION:
                raise _newer(where, body["version"])
            volumes = tuple(_volume(one) for one in read_list(body["volumes"]))
            bundle = Digest.parse(read_text(body["bundle"]))
            _check_names([volume.name for volume in volumes])
        except KeyError as error:
            raise _no_description(where, f"{error} is missing in it") from None
        except (ValueError, TypeError, RecursionError, IntegrityError) as error:
            raise _no_description(where, str(error)) from None
        return cls(bundle, volumes)


def _volume(value: dict[str, Any]) -> Volume:
    name, size = read_text(value["name"]), read_number(value["size"])
    if not size:
        raise ValueError(f"the volume {name} is empty")
    return Volume(name, size, Digest.parse(read_text(value["digest"])))


def _check_names(names: list[str]) -> None:
    if not names or len(set(names)) < len(names):
        raise ValueError("it names no volume, or one twice")
    for name in names:
        if not name.isprintable() or "/" in name or name in {"", ".", ".."}:
            raise ValueError(f"{name[:100]!r} is not the name of a file beside it")


def _newer(where: str, version: int) -> UsageError:
    return UsageError(
        f"{where} has version {version}; this program reads {_VERSION}",
        remedy="use the cube-install that came with the bundle, or a newer one",
    )


def _no_description(where: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{where} does not describe volumes: {why[:200]}",
        remedy="carry this small file again; the volumes need not be carried again for it",
    )


def volume_name(bundle_name: str, number: int) -> str:
    """The file name of volume `number`, counted from 1."""
    return f"{bundle_name}.{number:03d}"


def volumes_file(bundle: Path) -> Path:
    """Where the volumes of the bundle path `NAME.tar.zst` are described: `NAME.volumes.json`."""
    return bundle.with_name(bundle.name.removesuffix(BUNDLE_SUFFIX) + VOLUMES_SUFFIX)


def find_volumes(path: Path) -> VolumeSet | None:
    """The volumes that `path` stands for, or None where it is one whole file.

    `path` is the bundle's name, one of its volumes, or the file that describes them.
    Raises MissingError where there is nothing, or the description or a volume is absent, and
    IntegrityError where it cannot be read.
    """
    with reading_from(path):
        description = _description_of(path)
        if description is None:
            return None
        found = VolumeSet.read(description)
        there = [description.with_name(one.name).is_file() for one in found.volumes]
    absent = [one.name for one, is_there in zip(found.volumes, there, strict=True) if not is_there]
    if absent:
        raise MissingError(
            f"volumes are missing beside {description}: {', '.join(absent)}",
            remedy="carry them too, into the same directory; the others need not be carried again",
        )
    return found


def _description_of(path: Path) -> Path | None:
    """The file that describes the volumes `path` stands for; None for a whole bundle."""
    if str(path) == "-":
        raise UsageError(
            "this command does not read a bundle from stdin",
            remedy="give the path of NAME.tar.zst: the bundle is read at more than one place",
        )
    if path.is_dir():
        raise MissingError(
            f"{path} is a directory, and no bundle",
            remedy="give the path of NAME.tar.zst or NAME.volumes.json in it",
        )
    if path.name.endswith(VOLUMES_SUFFIX) and path.is_file():
        description = path
    else:
        base = path.with_suffix("") if path.suffix[1:].isdigit() else path
        description = volumes_file(base)
        if path == base and path.is_file():
            return None
    if not description.is_file():
        raise MissingError(
            f"there is no bundle at {path}, and no {description.name} beside it",
            remedy="give the path of NAME.tar.zst, or put its volumes and NAME.volumes.json "
            "into one directory",
        )
    return description
