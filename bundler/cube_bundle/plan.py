"""The plan of a bundle: its catalogue, its small members, and where each large blob comes from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cube_airgap.assumption import Assumption
from cube_airgap.bundle_layout import BundleLayout
from cube_airgap.catalogue import (
    Allowance,
    Attached,
    BundledBlob,
    BundledFile,
    BundledImage,
    Catalogue,
    Encoding,
    LeftOut,
)
from cube_airgap.digest import Digest
from cube_airgap.each import each
from cube_airgap.errors import IntegrityError
from cube_bundle.assets.artifact import artifact_of
from cube_bundle.far_side import FarSide
from cube_bundle.image_tree import LARGEST_SMALL_CONFIG
from cube_bundle.layout_files import layout_files
from cube_bundle.needed_blobs import NeededBlob, large_needs, needed_blobs
from cube_bundle.sources import told_source
from cube_bundle.unchanged import UnchangedImage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from cube_airgap.bundle import Bundle
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.image_source import BlobSource
    from cube_airgap.manifest import Manifest
    from cube_bundle.assets.resolution import ResolvedAsset
    from cube_bundle.image_tree import ImageTree
    from cube_bundle.lock import LockedImage

_LARGEST_SMALL_TEXT = 64 << 10
_COMPRESSED_ALREADY = ("gzip", "zstd", "xz", "bzip2", "estargz", "encrypted")
_COMPRESSES_WELL = (".tar", "+json", "/json", "+xml", "rootfs.diff.tar", "layer.v1.tar", ".text")


@dataclass(frozen=True)
class BundlePlan:
    """What a build writes.

    `small` has the head's members by path, `sources` the large blobs' sources, and `reused` those
    of them that come from older bundles. `needs` tells which large blobs each image or asset has.
    `signature` is the catalogue's, if there is one.
    """

    catalogue: Catalogue
    small: Mapping[str, bytes]
    sources: Mapping[Digest, BlobSource]
    reused: frozenset[Digest]
    needs: Mapping[str, frozenset[Digest]]
    signature: bytes = b""

    @cached_property
    def layout(self) -> BundleLayout:
        """Where everything goes."""
        return BundleLayout.of(self.catalogue, self.small, self.signature)

    @property
    def large(self) -> tuple[BundledBlob, ...]:
        """The large blobs, in the bundle's order."""
        return tuple(blob for blob in self.catalogue.blobs if blob.digest in self.sources)


@dataclass(frozen=True)
class Extras:
    """What a bundle carries besides images, files by path, and what it lacks on purpose.

    `unchanged` are images that need not even be looked into.
    """

    assets: tuple[ResolvedAsset, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    allowed: tuple[Allowance, ...] = ()
    unchanged: tuple[UnchangedImage, ...] = ()


_NOTHING_ELSE = Extras()
_NOTHING_THERE = FarSide()


def encoding_of(media_type: str) -> Encoding:
    """Stored, unless the media type says that the content is plain and so compresses well."""
    bare = media_type.partition(";")[0].lower()
    if any(word in bare for word in _COMPRESSED_ALREADY):
        return Encoding.STORED
    plain = bare.startswith("text/") or bare.endswith(_COMPRESSES_WELL)
    return Encoding.ZSTD if plain else Encoding.STORED


def plan_bundle(
    trees: Iterable[ImageTree],
    reuse: Sequence[Bundle],
    jobs: int,
    extras: Extras = _NOTHING_ELSE,
    far_side: FarSide = _NOTHING_THERE,
) -> BundlePlan:
    """Plan a bundle of `trees` and `extras`; blobs that a bundle of `reuse` has come from there.

    Images that `far_side` has whole are left out, and of others the large blobs that it has. Assets
    are one artifact more, which a registry takes like an image. Small blobs are fetched, `jobs` at
    a time, since they lie beside the manifests. The plan is a function of the locked images and the
    far side alone: their order, mirrors and older bundles do not change it. Raises AirgapError.
    """
    everything = [*trees, *artifact_of(extras.assets)]
    ordered, unchanged = _sorted_out(everything, far_side, extras.unchanged)
    wanted = needed_blobs(ordered, extras.assets)
    manifests = _manifests(ordered)
    descriptors = [one.descriptor for one in wanted.values()]
    in_head = small_blobs((one for one, _ in manifests.values()), descriptors)
    assumed = _taken_out(wanted, {*manifests, *in_head}, far_side)
    reused = {one: bundle for bundle in reversed(reuse) for one in wanted if bundle.has(one)}
    sources = {digest: reused.get(digest, blob.source) for digest, blob in wanted.items()}
    small = _contents(ordered, in_head, sources, jobs)
    files = layout_files(ordered) | dict(sorted(extras.files.items()))
    catalogue = Catalogue(
        images=tuple(map(_image, ordered)),
        files=tuple(BundledFile(path, Digest.of(raw), len(raw)) for path, raw in files.items()),
        manifests=_bundled_manifests(manifests),
        blobs=_bundled_blobs((wanted[one] for one in wanted.keys() - manifests), small.keys()),
        assets=tuple(sorted((one.asset for one in extras.assets), key=lambda one: one.name)),
        allowed=extras.allowed,
        assumes=_assumptions(assumed, unchanged),
        follows=far_side.follows,
    )
    small |= {digest: manifest.raw for digest, (manifest, _) in manifests.items()}
    large = {digest: source for digest, source in sources.items() if digest not in small}
    head = files | {digest.layout_path: raw for digest, raw in small.items()}
    needs = large_needs(ordered, extras.assets, large.keys())
    return BundlePlan(catalogue, head, large, frozenset(reused) & large.keys(), needs)


def _manifests(trees: Iterable[ImageTree]) -> dict[Digest, tuple[Manifest, str]]:
    found: dict[Digest, tuple[Manifest, str]] = {}
    for tree in trees:
        for manifest in tree.manifests:
            found.setdefault(manifest.digest, (manifest, tree.image.component))
    return found


def small_blobs(
    manifests: Iterable[Manifest], blobs: Iterable[Descriptor]
) -> dict[Digest, Descriptor]:
    """Those of `blobs` that are small enough to lie in the head.

    They are configurations, statements, and the payloads of signatures. The compressed region is
    filled in order, so that a round trip for each of these would count.
    """
    configs = {manifest.config.digest for manifest in manifests if manifest.config}

    def is_small(blob: Descriptor) -> bool:
        if blob.digest in configs:
            return blob.size <= LARGEST_SMALL_CONFIG
        return blob.size <= _LARGEST_SMALL_TEXT and encoding_of(blob.media_type) is Encoding.ZSTD

    return {one.digest: one for one in blobs if is_small(one)}


def _taken_out(
    wanted: dict[Digest, NeededBlob], kept: AbstractSet[Digest], far_side: FarSide
) -> dict[Digest | None, list[NeededBlob]]:
    """Take out of `wanted` what the far side has, but nothing of `kept`; told by its carrier."""
    groups: dict[Digest | None, list[NeededBlob]] = defaultdict(list)
    for digest in [one for one in wanted if one not in kept and far_side.has(one)]:
        groups[far_side.carrier(digest)].append(wanted.pop(digest))
    return groups


def _assumptions(
    blobs: Mapping[Digest | None, Iterable[NeededBlob]], images: Iterable[UnchangedImage]
) -> tuple[Assumption, ...]:
    """A group for each carrier, that without a name first."""
    by_carrier: dict[Digest | None, list[UnchangedImage]] = defaultdict(list)
    for image in images:
        by_carrier[image.known.carrier].append(image)
    return tuple(
        Assumption(
            _bundled_blobs(blobs.get(carrier, ()), frozenset()),
            carrier,
            tuple(one.assumed for one in by_carrier.get(carrier, ())),
        )
        for carrier in sorted({*blobs, *by_carrier}, key=lambda one: str(one or ""))
    )


def _sorted_out(
    trees: Iterable[ImageTree], far_side: FarSide, unchanged: Iterable[UnchangedImage]
) -> tuple[list[ImageTree], list[UnchangedImage]]:
    """The trees that are carried, and the images that the far side has, both in order."""
    carried: list[ImageTree] = []
    there = list(unchanged)
    for tree in trees:
        known = far_side.held(tree)
        if known:
            there.append(UnchangedImage(tree.image, known))
        else:
            carried.append(tree)
    carried.sort(key=lambda tree: _place(tree.image))
    there.sort(key=lambda one: _place(one.image))
    return carried, there


def _place(image: LockedImage) -> tuple[str, str]:
    return image.component, str(image.reference)


def _contents(
    trees: Iterable[ImageTree],
    in_head: Mapping[Digest, Descriptor],
    sources: Mapping[Digest, BlobSource],
    jobs: int,
) -> dict[Digest, bytes]:
    """The small blobs: what was read on the way, and what is fetched now."""
    small = {digest: raw for tree in trees for digest, raw in tree.configs.items()}
    blobs = [one for one in in_head.values() if one.digest not in small]
    contents = each(blobs, lambda blob: _read(blob, sources[blob.digest]), jobs)
    return small | dict(zip((blob.digest for blob in blobs), contents, strict=True))


def _read(blob: Descriptor, source: BlobSource) -> bytes:
    data = b"".join(source.read_blob(blob))
    if not blob.digest.matches(data):
        raise IntegrityError(
            f"blob {blob.digest} came with other bytes than its digest says",
            remedy="its origin or a proxy on the way is damaged: push the image there again, "
            "or use another --mirror",
        )
    return data


def _bundled_manifests(
    manifests: Mapping[Digest, tuple[Manifest, str]],
) -> tuple[BundledBlob, ...]:
    return tuple(
        BundledBlob(digest, len(manifest.raw), manifest.media_type, Encoding.ZSTD, component)
        for digest, (manifest, component) in sorted(
            manifests.items(), key=lambda item: (item[1][1], item[0])
        )
    )


def _bundled_blobs(
    wanted: Iterable[NeededBlob], small: AbstractSet[Digest]
) -> tuple[BundledBlob, ...]:
    blobs = [
        BundledBlob(
            blob.descriptor.digest,
            blob.descriptor.size,
            blob.descriptor.media_type,
            Encoding.ZSTD
            if blob.descriptor.digest in small
            else encoding_of(blob.descriptor.media_type),
            blob.component,
        )
        for blob in wanted
    ]
    return in_order(blobs, small)


def in_order(blobs: Iterable[BundledBlob], small: AbstractSet[Digest]) -> tuple[BundledBlob, ...]:
    """Small ones, then large stored ones, then large compressed ones; each by component."""

    def place(blob: BundledBlob) -> tuple[int, str, Digest]:
        region = 0 if blob.digest in small else 1 if blob.encoding is Encoding.STORED else 2
        return (region, blob.component, blob.digest)

    return tuple(sorted(blobs, key=place))


def _image(tree: ImageTree) -> BundledImage:
    image = tree.image
    not_asked_for = [
        LeftOut(one.digest, "platform not asked for", str(one.platform or ""))
        for one in tree.omitted
    ]
    foreign = [LeftOut(one.digest, "foreign layer, had from its own URLs") for one in tree.foreign]
    return BundledImage(
        reference=image.reference,
        digest=image.digest,
        component=image.component,
        why=image.why,
        platforms=image.platforms,
        left_out=tuple(not_asked_for + foreign),
        referrers=tuple(Attached(one.descriptor.digest, one.tag) for one in image.referrers),
        source=told_source(image.source),
        keep=image.policy.keep,
    )
