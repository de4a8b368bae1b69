"""Where the user says that an image comes from: a registry, a daemon, a layout or an archive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from cube_airgap.compression import MAGIC_LENGTH, Compression, compression_of
from cube_airgap.docker_archive import DockerArchive, staged_archive
from cube_airgap.errors import UsageError
from cube_airgap.file_range import read_head
from cube_airgap.layout import OciLayout
from cube_airgap.reference import Reference
from cube_bundle.docker_daemon import save_image

if TYPE_CHECKING:
    from cube_airgap.image_source import ImageSource, RegistrySource


class OriginKind(Enum):
    """What holds an image; the value is how the text of its origin starts."""

    REGISTRY = ""
    DOCKER_DAEMON = "docker-daemon:"
    OCI_LAYOUT = "oci:"
    DOCKER_ARCHIVE = "docker-archive:"


_ON_DISK = (OriginKind.OCI_LAYOUT, OriginKind.DOCKER_ARCHIVE)
_TRANSPORTS = (OriginKind.DOCKER_DAEMON, *_ON_DISK)
# Other tools' words, of which some would read as the name of a Docker Hub image.
_OTHER_TRANSPORTS = ("docker://", "oci-archive:", "containers-storage:")


class Registries(Protocol):
    """Every registry that images are pulled from."""

    def repository(self, reference: Reference) -> RegistrySource:
        """The repository of `reference`."""
        ...


@dataclass(frozen=True, slots=True)
class ImageOrigin:
    """An image that the user asks for: its `reference` in the bundle, and where it is.

    `path` is the layout's or archive's, and `.` for the rest; `name` is the image's name there,
    in the daemon, or in its registry. `text` is what the user wrote.
    """

    reference: Reference
    kind: OriginKind
    path: Path
    name: str
    text: str

    @classmethod
    def parse(cls, text: str, *, where: str = "") -> Self:
        """Read `[REFERENCE=]ORIGIN`; `where` tells the error's reader where the text stands.

        ORIGIN is a REFERENCE, `docker-daemon:NAME`, `oci:DIR[:NAME]` or
        `docker-archive:FILE[:NAME]`. A path ends at its first colon, as for skopeo. A Docker Hub
        image called `oci` has to be written `docker.io/library/oci:TAG`.

        Without `REFERENCE=` the image has the name that its origin gives it; a layout or an archive
        is looked into for that. Raises UsageError, and what reading those raises.
        """
        given, kind, location = _split(text)
        path, _, name = location.partition(":") if kind in _ON_DISK else (".", "", location)
        if not path or not location or location.startswith(_OTHER_TRANSPORTS):
            raise _unusable(text, where)
        own = _own_name(kind, Path(path), name) if given is None else given
        if own is None:
            raise _nameless(text, where)
        if kind is OriginKind.REGISTRY:
            Reference.parse(name, where=where)
        return cls(Reference.parse(own, where=where), kind, Path(path), name, text)

    @property
    def sought(self) -> Reference:
        """What to ask the opened source for: not `reference` where a registry has another name."""
        return Reference.parse(self.name) if self.kind is OriginKind.REGISTRY else self.reference

    @property
    def location(self) -> str:
        """Where it is, without the name that it gets; nothing where `reference` says it all."""
        if self.kind is OriginKind.REGISTRY:
            return "" if self.sought == self.reference else self.name
        if self.kind is OriginKind.DOCKER_DAEMON:
            return f"{self.kind.value}{self.name}"
        return f"{self.kind.value}{self.path}" + (f":{self.name}" if self.name else "")

    def __str__(self) -> str:
        return self.text


def told_source(source: str) -> str:
    """Where an image came from, as the far side may know it: no paths of the building machine."""
    kind = source.partition(":")[0]
    return kind if f"{kind}:" in {one.value for one in OriginKind} else source


def open_origin(origin: ImageOrigin, registries: Registries, staging: Path) -> ImageSource:
    """The source that holds `origin`, to be asked for `origin.sought`.

    A daemon's image and a compressed archive are staged once in the directory `staging`, which is
    the caller's to delete. Raises AirgapError.
    """
    match origin.kind:
        case OriginKind.REGISTRY:
            return registries.repository(origin.sought)
        case OriginKind.OCI_LAYOUT:
            return OciLayout(origin.path, origin.name)
        case OriginKind.DOCKER_ARCHIVE:
            return DockerArchive(staged_archive(origin.path, staging), origin.name)
        case OriginKind.DOCKER_DAEMON:
            return DockerArchive(save_image(origin.name, staging))


def _split(text: str) -> tuple[str | None, OriginKind, str]:
    """The given reference, if any, the kind of origin, and the rest of it."""
    kind, location = _split_transport(text)
    if kind is not OriginKind.REGISTRY or "=" not in text:
        return None, kind, location
    given, _, origin = text.partition("=")
    return given, *_split_transport(origin)


def _split_transport(origin: str) -> tuple[OriginKind, str]:
    for kind in _TRANSPORTS:
        if origin.startswith(kind.value):
            return kind, origin.removeprefix(kind.value)
    return OriginKind.REGISTRY, origin


def _own_name(kind: OriginKind, path: Path, name: str) -> str | None:
    """What the origin itself calls the image, or None if it has no full name for it."""
    if kind is OriginKind.OCI_LAYOUT:
        return OciLayout(path, name).origin_name()
    if kind is OriginKind.DOCKER_ARCHIVE:
        return name or _only_name(path)
    return None if name.startswith("sha256:") else name


def _only_name(archive: Path) -> str | None:
    """The name in `archive` if there is exactly one; a compressed one is not unpacked to look."""
    if compression_of(read_head(archive, MAGIC_LENGTH)) is not Compression.NONE:
        return None
    names = DockerArchive(archive).names()
    return names[0] if len(names) == 1 else None


def _unusable(text: str, where: str) -> UsageError:
    return UsageError(
        f"{text!r}{_told(where)} is not where an image can come from",
        remedy="write a registry's REFERENCE (without docker://), docker-daemon:NAME, "
        "oci:DIR[:NAME] or docker-archive:FILE[:NAME]; unpack an OCI archive for oci:DIR",
    )


def _nameless(text: str, where: str) -> UsageError:
    return UsageError(
        f"nothing in {text!r}{_told(where)} tells which name the image gets in the bundle",
        remedy=f"write the name before it, as in registry.example/team/app:1.0={text}",
    )


def _told(where: str) -> str:
    return f" ({where})" if where else ""
