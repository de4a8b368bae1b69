"""An image list: the images of one profile by component, or plain lines of references."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_airgap.errors import (
    AirgapError,
    MissingError,
    UsageError,
    collected_in,
    raise_all,
)
from cube_airgap.file_range import is_file, read_head
from cube_airgap.platforms import Platform
from cube_airgap.tar_member import checked_path
from cube_airgap.yaml_document import YamlDocument
from cube_bundle.assets.request import AssetRequest, name_of
from cube_bundle.image_request import ImageRequest
from cube_bundle.policy import Policy, read_policy
from cube_bundle.sources import ImageOrigin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.resources.abc import Traversable

_LARGEST_TEXT = 16 << 20
WHOLE_PLATFORM = "cube-studio"
"""The list that a build takes where nothing is named."""


class Need(StrEnum):
    """When the platform asks for an image."""

    DEPLOYED = "deployed"
    RUNTIME = "runtime"
    BOOTSTRAP = "bootstrap"


@dataclass(frozen=True)
class ListedImage:
    """An entry of a list; `where` is its FILE:LINE."""

    origin: ImageOrigin
    component: str
    namespace: str
    need: Need
    why: str
    platforms: tuple[Platform, ...]
    optional: bool
    where: str
    policy: Policy = field(default_factory=Policy)

    @property
    def request(self) -> ImageRequest:
        """What a build asks for because of this entry."""
        why = f"{self.need}: {self.why}" if self.why else str(self.need)
        return ImageRequest(
            self.origin,
            self.component,
            why,
            self.platforms,
            self.optional,
            self.where,
            self.policy,
        )


@dataclass(frozen=True)
class ImageList:
    """The images and assets of one profile, and the lists that it `includes`, as it names them.

    With `carries_templates` the definitions of job templates travel with it, and with
    `carries_stack` the manifests by which the platform is deployed.
    """

    profile: str
    description: str
    images: tuple[ListedImage, ...]
    assets: tuple[AssetRequest, ...] = ()
    includes: tuple[str, ...] = ()
    carries_templates: bool = False
    carries_stack: bool = False


def shipped_lists() -> dict[str, Path]:
    """The project's own lists by profile name."""
    return {path.stem: path for path in sorted(_data_directory().glob("*.yaml"))}


def default_lists() -> tuple[str, ...]:
    """The profiles that make up the whole platform as it is today. Raises UsageError."""
    return read_list(WHOLE_PLATFORM).includes


def read_list(name: str) -> ImageList:
    """The list of that profile name, or in that file: YAML, or text with a reference a line.

    Raises MissingError naming the profiles there are, UsageError with file and line.
    """
    return _read(_path_of(name, Path()))


def read_lists(names: Iterable[str]) -> tuple[ImageList, ...]:
    """The lists of those names, each followed by those that it includes; each once.

    A list includes profiles, and files whose names count from its own directory. Raises as
    read_list().
    """
    found: dict[Path, ImageList] = {}
    waiting = [_path_of(name, Path()) for name in names]
    while waiting:
        path = waiting.pop(0)
        if path.resolve() not in found:
            one = found[path.resolve()] = _read(path)
            told = f" that {path} includes"
            waiting[:0] = [_path_of(name, path.parent, told) for name in one.includes]
    return tuple(found.values())


def _path_of(name: str, directory: Path, told: str = "") -> Path:
    """The file of a profile, or the one that `name` leads to from `directory`."""
    path = shipped_lists().get(name, directory / name)
    if not is_file(path):
        raise MissingError(
            f"there is no image list {name!r}{told}: neither a file nor a profile",
            remedy=f"give a file, or one of the profiles {', '.join(shipped_lists()) or '(none)'}",
        )
    return path


def _read(path: Path) -> ImageList:
    found = _plain(path) if path.suffix == ".txt" else _structured(path)
    _check_unique(found)
    return found


def _data_directory() -> Path:
    """Inside the package once installed; at the top of a checkout otherwise."""
    installed = Path(__file__).parent / "data" / "image-lists"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "image-lists"


def _plain(path: Path) -> ImageList:
    """Lines of `[NAME=]ORIGIN`; `#` begins a comment."""
    images: list[ListedImage] = []
    errors: list[AirgapError] = []
    for number, content in enumerate(_lines(path), 1):
        text = content.partition("#")[0].strip()
        where = f"{path}:{number}"
        if text:
            with collected_in(errors):
                origin = ImageOrigin.parse(text, where=where)
                images.append(
                    ListedImage(
                        origin, path.stem, "", Need.DEPLOYED, "", (), optional=False, where=where
                    )
                )
    raise_all(errors)
    if not images:
        raise UsageError(
            f"{path} names no image", remedy="write a reference a line, or give another list"
        )
    return ImageList(path.stem, "", tuple(images))


def _lines(path: Path) -> list[str]:
    raw = read_head(path, _LARGEST_TEXT + 1)
    if len(raw) > _LARGEST_TEXT:
        raise UsageError(
            f"{path} is larger than {_LARGEST_TEXT >> 20} MiB",
            remedy="give the file that was meant; a list is never so large",
        )
    try:
        return raw.decode().splitlines()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{path}:{line}: this is not UTF-8 text", remedy="save the list as UTF-8"
        ) from None


def _structured(path: Path) -> ImageList:
    document = YamlDocument.read(path)
    document.validate(_schema())
    data = document.data
    components = data.get("components", [])
    return ImageList(
        profile=data["profile"],
        description=data.get("description", ""),
        images=tuple(_images(document, components)),
        assets=tuple(_assets(document, components)),
        includes=tuple(data.get("includes", ())),
        carries_templates=data.get("job-templates", False),
        carries_stack=data.get("stack", False),
    )


def _images(document: YamlDocument, components: list[dict[str, Any]]) -> Iterator[ListedImage]:
    for number, component in enumerate(components):
        for index, entry in enumerate(component.get("images", ())):
            where = document.where("components", number, "images", index)
            origin = ImageOrigin.parse(entry["image"], where=where)
            yield ListedImage(
                origin=origin,
                component=component["name"],
                namespace=component.get("namespace", ""),
                need=Need(entry.get("need", Need.DEPLOYED)),
                why=entry.get("why", ""),
                platforms=tuple(Platform.parse(text) for text in entry.get("platforms", ())),
                optional=entry.get("optional", False),
                where=where,
                policy=read_policy(entry, origin, where),
            )


def _assets(document: YamlDocument, components: list[dict[str, Any]]) -> Iterator[AssetRequest]:
    for number, component in enumerate(components):
        for index, entry in enumerate(component.get("assets", ())):
            where = document.where("components", number, "assets", index)
            need, why = Need(entry.get("need", Need.RUNTIME)), entry.get("why", "")
            yield AssetRequest(
                name=_asset_name(entry, where),
                url=entry["url"],
                component=component["name"],
                why=f"{need}: {why}" if why else str(need),
                digest=Digest.parse(entry["digest"], where=where) if "digest" in entry else None,
                size=entry.get("size"),
                platforms=tuple(Platform.parse(text) for text in entry.get("platforms", ())),
                optional=entry.get("optional", False),
                where=where,
            )


def _asset_name(entry: dict[str, Any], where: str) -> str:
    try:
        return checked_path(entry["name"]) if "name" in entry else name_of(entry["url"])
    except AirgapError as error:
        raise UsageError(f"{where}: {error.what}", remedy=error.remedy) from None


def _check_unique(found: ImageList) -> None:
    lines: dict[str, str] = {}
    for image in found.images:
        first = lines.setdefault(str(image.origin.reference), image.where)
        if first != image.where:
            raise UsageError(
                f"{image.where}: {image.origin.reference.familiar} is listed already at {first}",
                remedy="keep one of the two entries",
            )


@cache
def _schema() -> dict[str, Any]:
    file: Traversable = resources.files("cube_bundle") / "schemas" / "image-list.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema
