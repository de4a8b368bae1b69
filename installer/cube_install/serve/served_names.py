"""The names under which a bundle's images are served, and whose image each name is."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_airgap.reference import DOCKER_HUB, Reference, checked_repository
from cube_airgap.relocation import path_with_host
from cube_install.serve.refusal import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cube_airgap.catalogue import BundledImage
    from cube_airgap.relocation import Relocation
    from cube_install.serve.repository import Repository, Shelf

_OFFICIAL = "library/"


class ServedNames:
    """Repositories by every name that leads to them.

    A name without `ns` is first taken as a relocated one, then as an origin with its host, then as
    an origin without it, which has to be one origin's only. `ns` is the host for which a mirror is
    asked (containerd, docs/hosts.md): then only that host's images count, by their own or their
    relocated name (a mirror may be set up with the path that Harbor needs), so that nobody gets
    another host's image. A host of which the bundle has nothing is taken as one more name of this
    registry, for which it stands in, and gets relocated names.
    """

    def __init__(
        self, images: Iterable[BundledImage], relocation: Relocation, shelf: Shelf
    ) -> None:
        """Raises UsageError where two origins would be relocated to one name."""
        images = tuple(images)
        relocation.targets((image.reference for image in images), "localhost")
        self._origins = _grouped(images, shelf, lambda one: one.name)
        self._relocated = _grouped(images, shelf, relocation.repository)
        self._relocated_from = {
            (image.reference.host, relocation.repository(image.reference)) for image in images
        }
        self._hosts = {image.reference.host for image in images}
        self._by_path: dict[str, Repository] = {}
        self._plain: dict[str, set[str]] = defaultdict(set)
        for reference in {image.reference for image in images}:
            self._add(reference)

    def _add(self, reference: Reference) -> None:
        if "[" not in reference.host:
            self._by_path[path_with_host(reference)] = self._origins[reference.name]
        self._plain[reference.repository].add(reference.name)
        if reference.host == DOCKER_HUB:
            self._plain[reference.repository.removeprefix(_OFFICIAL)].add(reference.name)

    @property
    def catalog(self) -> list[str]:
        """The relocated names, sorted; every image has one."""
        return sorted(self._relocated)

    def find(self, name: str, host: str = "") -> Repository:
        """The repository `name`, of the mirrored `host` if one is given. Raises Refusal."""
        try:
            checked_repository(name)
        except UsageError as error:
            raise Refusal(400, Code.NAME_INVALID, error.what) from None
        found = self._of_host(host, name) if host else self._of_this_registry(name)
        if found is None:
            whose = f" of {host}" if host else ""
            raise Refusal(
                404, Code.NAME_UNKNOWN, f"the bundle has no image of repository {name}{whose}"
            )
        return found

    def _of_this_registry(self, name: str) -> Repository | None:
        found = self._relocated.get(name) or self._by_path.get(name)
        if found is not None:
            return found
        origins = sorted(self._plain.get(name, ()))
        if len(origins) > 1:
            raise Refusal(
                404, Code.NAME_UNKNOWN, f"{name} may be {' or '.join(origins)}: ask with the host"
            )
        return self._origins[origins[0]] if origins else None

    def _of_host(self, host: str, name: str) -> Repository | None:
        try:
            origin = Reference.parse(f"{host}/{name}")
        except UsageError:
            return None
        if origin.repository not in {name, _OFFICIAL + name}:
            return None  # `host` is no host
        if origin.name in self._origins:
            return self._origins[origin.name]
        if (origin.host, name) in self._relocated_from:
            return self._relocated[name]
        if origin.host in self._hosts:
            return None
        return self._relocated.get(name) or self._by_path.get(name)


def _grouped(
    images: Iterable[BundledImage], shelf: Shelf, name_of: Callable[[Reference], str]
) -> dict[str, Repository]:
    groups: dict[str, list[BundledImage]] = defaultdict(list)
    for image in images:
        groups[name_of(image.reference)].append(image)
    return {name: shelf.repository(group) for name, group in groups.items()}
