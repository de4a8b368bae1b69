"""What a bundle holds, counted: components, images, blobs that are shared, and the largest."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.assumption import assumptions_to_json
from cube_airgap.closure import reached_by
from cube_airgap.closure_entries import allowance_to_json, asset_to_json
from cube_airgap.errors import AirgapError
from cube_airgap.manifest import LARGEST_MANIFEST
from cube_airgap.stack import STACK_MEMBERS, Stack
from cube_airgap.stack_parsing import parse_stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cube_airgap.bundle import Bundle
    from cube_airgap.catalogue import (
        Allowance,
        Assumption,
        BundledAsset,
        BundledBlob,
        BundledImage,
    )
    from cube_airgap.digest import Digest


JOB_TEMPLATES = "job-templates/"
"""The directory of a bundle whose JSON files define job templates, an object's key each."""


@dataclass(frozen=True)
class InspectedImage:
    """An image and its sizes in bytes: `size` of all its blobs, `own` of those it alone has."""

    image: BundledImage
    size: int
    own: int


@dataclass(frozen=True)
class InspectedBlob:
    """A blob, the references of the images that have it, and the names of assets that it is."""

    blob: BundledBlob
    images: tuple[str, ...]
    assets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """Sizes are in bytes; `unshared` is what all would take if nothing shared a blob.

    `templates` are the names of the job templates, `allowed` what is not carried on purpose, and
    `assumes` what a delta leaves out: no size has that in it. `stack` is None where there is none,
    or none that can be read. Whose signature it has if it `is_signed` is not looked at.
    """

    bundle: Digest
    file_size: int
    images: tuple[InspectedImage, ...]
    blobs: tuple[InspectedBlob, ...]
    unshared: int
    assets: tuple[BundledAsset, ...] = ()
    templates: tuple[str, ...] = ()
    allowed: tuple[Allowance, ...] = ()
    assumes: tuple[Assumption, ...] = ()
    stack: Stack | None = None
    is_signed: bool = False

    @property
    def content_size(self) -> int:
        """Bytes of all manifests and blobs, each once."""
        return sum(one.blob.size for one in self.blobs)

    def components(self) -> dict[str, tuple[InspectedImage, ...]]:
        """The images by component."""
        found: dict[str, list[InspectedImage]] = defaultdict(list)
        for image in self.images:
            found[image.image.component].append(image)
        return {name: tuple(images) for name, images in sorted(found.items())}

    def largest(self, count: int) -> tuple[InspectedBlob, ...]:
        """The largest blobs first."""
        return tuple(sorted(self.blobs, key=lambda one: -one.blob.size)[:count])

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "bundle": str(self.bundle),
            "signed": self.is_signed,
            "fileSize": self.file_size,
            "contentSize": self.content_size,
            "unsharedSize": self.unshared,
            "images": [_image_to_json(one) for one in self.images],
            "blobs": [
                {
                    **one.blob.descriptor.to_json(),
                    "encoding": one.blob.encoding,
                    "component": one.blob.component,
                    "images": list(one.images),
                    "assets": list(one.assets),
                }
                for one in self.blobs
            ],
            "assets": [asset_to_json(one) for one in self.assets],
            "jobTemplates": list(self.templates),
            "allowed": [allowance_to_json(one) for one in self.allowed],
            **({"stack": _stack_to_json(self.stack)} if self.stack else {}),
            **assumptions_to_json(self.assumes),
        }


def inspect_bundle(bundle: Bundle) -> Inspection:
    """Read the head of `bundle` only. Raises AirgapError where something there is damaged."""
    catalogue = bundle.catalogue
    manifests = {blob.digest: bundle.manifest(blob.digest) for blob in catalogue.manifests}
    reached = [(image, reached_by(image, catalogue, manifests)) for image in catalogue.images]
    sizes = {digest: blob.size for digest, blob in catalogue.by_digest.items()}
    names: dict[Digest, list[str]] = defaultdict(list)
    for image, digests in reached:
        for digest in digests:
            names[digest].append(str(image.reference))
    assets: dict[Digest, list[str]] = defaultdict(list)
    for asset in catalogue.assets:
        assets[asset.digest].append(asset.name)
    return Inspection(
        bundle=catalogue.digest,
        file_size=bundle.file_size,
        images=tuple(
            InspectedImage(
                image,
                size=_sum(sizes, digests),
                own=_sum(sizes, (one for one in digests if len(names[one] + assets[one]) == 1)),
            )
            for image, digests in reached
        ),
        blobs=tuple(
            InspectedBlob(blob, tuple(names[digest]), tuple(assets[digest]))
            for digest, blob in catalogue.by_digest.items()
        ),
        unshared=sum(_sum(sizes, digests) for _, digests in reached)
        + sum(asset.size for asset in catalogue.assets),
        assets=catalogue.assets,
        templates=tuple(_templates(bundle)),
        allowed=catalogue.allowed,
        assumes=catalogue.assumes,
        stack=_stack(bundle),
        is_signed=bool(bundle.signature),
    )


def _stack(bundle: Bundle) -> Stack | None:
    """The stack, if it is there and makes sense; verifying tells of one that does not."""
    files = {
        file.path.removeprefix(STACK_MEMBERS): bundle.read_file(file.path)
        for file in bundle.catalogue.files
        if file.path.startswith(STACK_MEMBERS) and file.size <= LARGEST_MANIFEST
    }
    try:
        return parse_stack(files)
    except AirgapError:
        return None


def _templates(bundle: Bundle) -> Iterator[str]:
    """The names of the job templates; of a file that is no JSON, none."""
    for file in bundle.catalogue.files:
        if file.path.startswith(JOB_TEMPLATES) and file.size <= LARGEST_MANIFEST:
            try:
                body = json.loads(bundle.read_file(file.path))
            except (ValueError, RecursionError):
                continue
            yield from body if isinstance(body, dict) else ()


def _sum(sizes: Mapping[Digest, int], digests: Iterable[Digest]) -> int:
    return sum(sizes[digest] for digest in digests)


def _stack_to_json(stack: Stack) -> dict[str, Any]:
    return {
        "name": stack.name,
        "platform": stack.platform,
        "components": [
            {"name": one.name, "profile": one.profile, "needs": list(one.needs)}
            for one in stack.components
        ],
    }


def _image_to_json(one: InspectedImage) -> dict[str, Any]:
    image = one.image
    return {
        "reference": str(image.reference),
        "digest": str(image.digest),
        "component": image.component,
        "why": image.why,
        "platforms": [str(platform) for platform in image.platforms],
        "size": one.size,
        "ownSize": one.own,
        "leftOut": [
            {"digest": str(left.digest), "platform": left.platform, "why": left.why}
            for left in image.left_out
        ],
        "referrers": [str(referrer.digest) for referrer in image.referrers],
    }
