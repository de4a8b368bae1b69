"""What images and files weigh, by the blobs of which each consists and that some share."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_bundle.image_request import COMMAND_LINE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cube_airgap.digest import Digest
    from cube_airgap.inspection import Inspection
    from cube_airgap.reference import Reference
    from cube_bundle.list_sizes import ListSizes


@dataclass(frozen=True, eq=False)
class Item:
    """An image or a file: its full name, the one for people, and its blobs by size in bytes."""

    name: str
    familiar: str
    component: str
    blobs: Mapping[Digest, int]
    is_image: bool = True

    @property
    def size(self) -> int:
        """Bytes of all its blobs, as they are carried: layers compressed."""
        return sum(self.blobs.values())


@dataclass(frozen=True)
class SharedBlob:
    """A blob that several items have."""

    digest: Digest
    size: int
    users: tuple[Item, ...]

    @property
    def saved(self) -> int:
        """Bytes that need not be carried because it is carried once."""
        return self.size * (len(self.users) - 1)


class Content:
    """Items in the order of their names, and who shares what; each blob counts once."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = tuple(sorted(items, key=lambda one: (not one.is_image, one.name)))
        self.images = {one.name: one for one in self.items if one.is_image}
        self._sizes = {digest: size for one in self.items for digest, size in one.blobs.items()}
        self._users: dict[Digest, list[Item]] = defaultdict(list)
        for one in self.items:
            for digest in one.blobs:
                self._users[digest].append(one)

    @property
    def total(self) -> int:
        """Bytes of everything, each blob once."""
        return sum(self._sizes.values())

    @property
    def saved(self) -> int:
        """Bytes that sharing saves."""
        return sum(one.size for one in self.items) - self.total

    def own(self, items: Collection[Item]) -> int:
        """Bytes of the blobs that nothing but `items` has."""
        inside = set(items)
        return sum(
            self._sizes[digest]
            for digest in {digest for one in items for digest in one.blobs}
            if inside.issuperset(self._users[digest])
        )

    def size(self, items: Iterable[Item]) -> int:
        """Bytes of all blobs that `items` have, each once."""
        return sum(self._sizes[digest] for digest in {key for one in items for key in one.blobs})

    def components(self) -> dict[str, tuple[Item, ...]]:
        """The items by component, the one that alone needs most bytes first."""
        found: dict[str, list[Item]] = defaultdict(list)
        for one in self.items:
            found[one.component].append(one)
        ordered = sorted(found.items(), key=lambda pair: (-self.own(pair[1]), pair[0]))
        return {name: tuple(items) for name, items in ordered}

    def shared(self) -> list[SharedBlob]:
        """What several items have, first what saves most."""
        found = [
            SharedBlob(digest, self._sizes[digest], tuple(users))
            for digest, users in self._users.items()
            if len(users) > 1
        ]
        return sorted(found, key=lambda one: (-one.saved, str(one.digest)))


def component_of(reference: Reference, component: str) -> str:
    """`component`; for images that no list files, the directory in which their registry does."""
    directory, slash, _ = reference.repository.removeprefix("library/").rpartition("/")
    return f"{component}: {directory}" if component == COMMAND_LINE and slash else component


def content_of_bundle(inspection: Inspection) -> Content:
    """Everything that a bundle carries: images with their manifests, and files."""
    blobs: dict[tuple[bool, str], dict[Digest, int]] = defaultdict(dict)
    for one in inspection.blobs:
        for name in one.images:
            blobs[True, name][one.blob.digest] = one.blob.size
        for name in one.assets:
            blobs[False, name][one.blob.digest] = one.blob.size
    images = [
        Item(
            str(image.reference),
            image.reference.familiar,
            component_of(image.reference, image.component),
            blobs[True, str(image.reference)],
        )
        for image in (one.image for one in inspection.images)
    ]
    files = [
        Item(one.name, one.name, one.component, blobs[False, one.name], is_image=False)
        for one in inspection.assets
    ]
    return Content([*images, *files])


def content_of_registries(sizes: ListSizes, components: Mapping[Reference, str]) -> Content:
    """What registries said; `components` has each reference that was asked for."""
    return Content(
        Item(str(one), one.familiar, components[one], blobs) for one, blobs in sizes.blobs.items()
    )
