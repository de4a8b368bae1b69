"""Homes: the image list, and the component in it, that an image or asset belongs to."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from cube_scan.findings import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cube_airgap.reference import Reference
    from cube_bundle.assets.request import AssetRequest
    from cube_bundle.image_list import ImageList, ListedImage
    from cube_scan.findings import Finding

BOOTSTRAP = "bootstrap"
"""The profile of what only makes the cluster itself."""

# Directories that say how files are arranged, and nothing of what they are about.
_TELLS_NOTHING = frozenset(
    [
        "base",
        "bases",
        "chart",
        "charts",
        "cluster",
        "config",
        "configs",
        "data",
        "deploy",
        "deployment",
        "example",
        "examples",
        "file",
        "files",
        "init",
        "install",
        "k8s",
        "kubernetes",
        "manifest",
        "manifests",
        "overlay",
        "overlays",
        "script",
        "scripts",
        "src",
        "standalone",
        "template",
        "templates",
        "yaml",
        "yamls",
    ]
)


@dataclass(frozen=True)
class Home:
    """Where a list has an image; `entry` is set if it has just that one, not another version."""

    profile: str
    component: str
    entry: ListedImage | None = None


@dataclass
class Homes:
    """What all lists know, those first that a build takes."""

    _exact: dict[Reference, Home] = field(default_factory=dict)
    _by_name: dict[str, Home] = field(default_factory=dict)
    _assets: dict[str, tuple[str, AssetRequest]] = field(default_factory=dict)

    @classmethod
    def of(cls, lists: Iterable[ImageList]) -> Self:
        """The homes in `lists`; the first that has something is its home."""
        homes = cls()
        for one in lists:
            for image in one.images:
                reference = image.origin.reference
                home = Home(one.profile, image.component, image)
                homes._exact.setdefault(reference, home)
                homes._by_name.setdefault(reference.name, Home(one.profile, image.component))
            for asset in one.assets:
                homes._assets.setdefault(asset.url, (one.profile, asset))
        return homes

    def of_image(self, reference: Reference) -> Home | None:
        """The home of that image, or of another version of it."""
        return self._exact.get(reference) or self._by_name.get(reference.name)

    def of_asset(self, url: str) -> tuple[str, AssetRequest] | None:
        """The profile that has that file, and what it says of it."""
        return self._assets.get(url)


def profile_of(home_profile: str | None, found: Sequence[Finding]) -> str:
    """The profile by which something in use can be taken or allowed; empty if there is none."""
    states = {one.state for one in found if one.state.is_used}
    return BOOTSTRAP if not home_profile and states == {State.BOOTSTRAP} else home_profile or ""


def component_of(file: str) -> str:
    """A component's name for what no list has, by the file that asks for it.

    That is the seed file's subject (`init-service.json`), or the nearest directory that tells one.
    """
    *directories, name = posixpath.normpath(file).split("/")
    stem = name.partition(".")[0].lower()
    if stem.startswith("init-"):
        return _fit(stem.removeprefix("init-"))
    telling = [one for one in directories if _fit(one.lower()) not in {*_TELLS_NOTHING, "found"}]
    return _fit(telling[-1].lower() if telling else stem)


def _fit(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-") or "found"
