"""The site's registry as nodes reach it, and where it has the images of each origin."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_airgap.reference import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cube_airgap.reference import Reference
    from cube_airgap.registry.login import Login
    from cube_airgap.relocation import Relocation

_HUB_SERVER = "registry-1.docker.io"


@dataclass(frozen=True)
class PullRegistry:
    """`host` is HOST[:PORT], `ca` the PEM text of what it is trusted by, if not by the system.

    `login` is what nodes pull with by the images' own names; without one they ask anonymously.
    """

    host: str
    ca: str = ""
    is_plain: bool = False
    is_verified: bool = True
    login: Login | None = None

    @property
    def url(self) -> str:
        """Scheme and host."""
        return f"{'http' if self.is_plain else 'https'}://{self.host}"


@dataclass(frozen=True)
class Origin:
    """A host that images come from, and where the site's registry has its repositories.

    A runtime that mirrors a host asks for the same repository below a path. `paths` are those below
    which `targets` are found, in the order in which they have to be asked; the empty one is the
    registry's top. What no path leads to is in `unreached`.
    """

    host: str
    targets: Mapping[str, str]
    paths: tuple[str, ...]
    unreached: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts by which people and programs ask for it."""
        return (self.host, _HUB_SERVER) if self.host == DOCKER_HUB else (self.host,)


def origins_of(images: Iterable[Reference], relocation: Relocation) -> tuple[Origin, ...]:
    """Every host of `images`, sorted.

    Raises UsageError where a name would lead to another image than its own.
    """
    targets: dict[str, dict[str, str]] = defaultdict(dict)
    for image in images:
        targets[image.host][image.repository] = relocation.repository(image)
    taken = {target for group in targets.values() for target in group.values()}
    return tuple(_origin(host, group, taken) for host, group in sorted(targets.items()))


def _origin(host: str, targets: dict[str, str], taken: set[str]) -> Origin:
    paths = {name: _path_above(name, target) for name, target in sorted(targets.items())}
    found = {path for path in paths.values() if path is not None}
    # The longest first: a short path may lead to what has nothing to do with the bundle.
    ordered = tuple(sorted(found, key=lambda path: (-len(path), path)))
    for name, own in paths.items():
        if own is not None:
            _check_own(f"{host}/{name}", name, ordered[: ordered.index(own)], taken)
    unreached = tuple(name for name, path in paths.items() if path is None)
    return Origin(host, targets, ordered, unreached)


def _path_above(name: str, target: str) -> str | None:
    if target == name:
        return ""
    return target.removesuffix(f"/{name}") if target.endswith(f"/{name}") else None


def _check_own(image: str, name: str, before: Iterable[str], taken: set[str]) -> None:
    for path in before:
        other = below(path, name)
        if other in taken:
            raise UsageError(
                f"nodes that ask for {image} would get {other}, which is another image",
                remedy="change the relocation rules so that one of them goes elsewhere",
            )


def below(path: str, name: str) -> str:
    """The repository `name` below `path`."""
    return f"{path}/{name}" if path else name
