"""An image with all that hangs on it: indexes, manifests, blobs and referrers, by digest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.catalogue import LARGEST_MANIFESTS
from cube_airgap.errors import IntegrityError, MissingError
from cube_airgap.platforms import Platform, wanted_by_any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.image_source import BlobSource, ImageSource, Referrer
    from cube_airgap.manifest import Manifest
    from cube_bundle.lock import LockedImage

LARGEST_SMALL_CONFIG = 1 << 20
"""Bytes up to which a configuration is read at once, and lies in a bundle's head."""
_DEEPEST = 8
_MOST_MANIFESTS = 5_000


@dataclass(frozen=True)
class ImageTree:
    """What a bundle carries of one image.

    `manifests` has the root first, each manifest once; `blobs` all configurations and layers to
    carry; `omitted` the manifests of platforms that are not carried; `foreign` the layers that are
    had from their own URLs; `configs` the image configurations that were read on the way.
    """

    image: LockedImage
    source: BlobSource
    root: Manifest
    manifests: tuple[Manifest, ...]
    blobs: tuple[Descriptor, ...]
    omitted: tuple[Descriptor, ...]
    foreign: tuple[Descriptor, ...]
    configs: dict[Digest, bytes]


@dataclass
class Content:
    """The manifests below one root, as far as the wanted platforms go.

    `platforms` are those found there, `offered` all that the root offers.
    """

    source: ImageSource
    root: Manifest
    wanted: tuple[Platform, ...]
    manifests: dict[Digest, Manifest] = field(default_factory=dict)
    omitted: dict[Digest, Descriptor] = field(default_factory=dict)
    configs: dict[Digest, bytes] = field(default_factory=dict)
    platforms: set[Platform] = field(default_factory=set)
    offered: set[Platform] = field(default_factory=set)
    _bytes: int = 0

    def read(self, name: str) -> None:
        """Walk down from the root; `name` is told in errors.

        Raises MissingError where no wanted platform is offered, and what the source raises.
        """
        self._keep(self.root)
        if self.root.is_index:
            self._read_index(self.root, 0, name)
        else:
            self._read_single(name)
        if self.offered and not self.platforms:
            raise _no_such_platform(name, self.wanted, self.offered)

    def _read_single(self, name: str) -> None:
        config = self.root.config
        if config and config.is_image_config and config.size <= LARGEST_SMALL_CONFIG:
            raw = b"".join(self.source.read_blob(config))
            self.configs[config.digest] = raw
            platform = _platform_of(raw, config, name)
            self.offered.add(platform)
            if wanted_by_any(platform, self.wanted):
                self.platforms.add(platform)

    def _read_index(self, index: Manifest, depth: int, name: str) -> None:
        if depth > _DEEPEST:
            raise IntegrityError(
                f"{name} nests indexes more than {_DEEPEST} deep",
                remedy="it is damaged or hostile at its origin: push it there again",
            )
        for child in index.children:
            if child.attests is None:
                self._read_child(child, depth, name)
        for child in index.children:
            if child.attests is not None:
                self._read_attestation(child)

    def _read_child(self, child: Descriptor, depth: int, name: str) -> None:
        platform = child.platform
        if platform and platform.os:
            if platform.os != "unknown":
                self.offered.add(platform)
            if not wanted_by_any(platform, self.wanted):
                self.omitted[child.digest] = child
                return
            self.platforms.add(platform)
        if child.digest in self.manifests:
            return
        manifest = self.source.manifest(child)
        self._keep(manifest)
        if manifest.is_index:
            self._read_index(manifest, depth + 1, name)

    def _read_attestation(self, child: Descriptor) -> None:
        """BuildKit's statement about another child comes along if that one does."""
        if child.attests not in {str(digest) for digest in self.manifests}:
            self.omitted[child.digest] = child
        elif child.digest not in self.manifests:
            self._keep(self.source.manifest(child))

    def _keep(self, manifest: Manifest) -> None:
        """A registry can make up referrers of referrers, and indexes, without end."""
        self.manifests[manifest.digest] = manifest
        self._bytes += len(manifest.raw)
        if len(self.manifests) > _MOST_MANIFESTS or self._bytes > LARGEST_MANIFESTS:
            raise IntegrityError(
                f"what hangs on manifest {self.root.digest} has more than {_MOST_MANIFESTS:,} "
                f"manifests, or {LARGEST_MANIFESTS >> 20} MiB of them",
                remedy="no image has so many: do not trust its registry, or leave its referrers "
                "behind with --no-referrers",
            )

    def add_referrers(self, referrers: Iterable[Referrer]) -> None:
        """Take along what is attached; an index of referrers with all that it lists."""
        for referrer in referrers:
            self._add_whole(referrer.descriptor, 0)

    def _add_whole(self, descriptor: Descriptor, depth: int) -> None:
        if descriptor.digest in self.manifests or depth > _DEEPEST:
            return
        manifest = self.source.manifest(descriptor)
        self._keep(manifest)
        for child in manifest.children:
            self._add_whole(child, depth + 1)

    def find_referrers(self) -> tuple[Referrer, ...]:
        """All that is attached to the manifests read so far, and to that in turn, taken along."""
        found: dict[Digest, Referrer] = {}
        asked: set[Digest] = set()
        while waiting := [digest for digest in self.manifests if digest not in asked]:
            for digest in waiting:
                asked.add(digest)
                attached = self.source.referrers(digest)
                found |= {one.descriptor.digest: one for one in attached}
                self.add_referrers(attached)
        return tuple(found[digest] for digest in sorted(found))

    def tree(self, image: LockedImage) -> ImageTree:
        """All that was read, filed under `image`."""
        manifests = tuple(self.manifests.values())
        return ImageTree(
            image=image,
            source=self.source,
            root=self.root,
            manifests=manifests,
            blobs=tuple(_unique(manifests, lambda blob: not blob.is_foreign)),
            omitted=tuple(
                one for digest, one in self.omitted.items() if digest not in self.manifests
            ),
            foreign=tuple(_unique(manifests, lambda blob: blob.is_foreign)),
            configs=self.configs,
        )


def _unique(
    manifests: Iterable[Manifest], accept: Callable[[Descriptor], bool]
) -> Iterator[Descriptor]:
    found = {blob.digest: blob for manifest in manifests for blob in manifest.blobs if accept(blob)}
    return iter(found.values())


def _platform_of(raw: bytes, config: Descriptor, name: str) -> Platform:
    if not config.digest.matches(raw):
        raise IntegrityError(
            f"configuration {config.digest} of {name} came with other bytes than its digest says",
            remedy="its origin or a proxy on the way is damaged: push the image there again, "
            "or use another --mirror",
        )
    return Platform.of_config(raw, where=f"configuration {config.digest} of {name}")


def _no_such_platform(
    name: str, wanted: Iterable[Platform], offered: Iterable[Platform]
) -> MissingError:
    return MissingError(
        f"{name} has no {' or '.join(str(one) for one in wanted)}; "
        f"it has {', '.join(str(one) for one in sorted(offered))}",
        remedy="ask for one of those with --platform, or leave the image out",
    )
