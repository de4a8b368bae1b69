"""What a delta bundle assumes: images and blobs that the far side has already.

Reading raises what Catalogue.parse translates (see catalogue_entries).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.catalogue_entries import (
    BundledBlob,
    BundledImage,
    blob_to_json,
    image_to_json,
    read_blob,
    read_image,
)
from cube_airgap.digest import Digest
from cube_airgap.json_values import read_list, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class AssumedImage:
    """An image of which nothing is carried: it did not change since the far side got it.

    `image` has all but what it leaves out, which its manifests tell. `narrowed` is the digest that
    its index has without the platforms that were never carried, for registries that take no index
    with gaps; None where there are no gaps.
    """

    image: BundledImage
    narrowed: Digest | None = None

    @property
    def digests(self) -> tuple[Digest, ...]:
        """What a registry may show for it."""
        return (self.image.digest, *([self.narrowed] if self.narrowed else []))


@dataclass(frozen=True)
class Assumption:
    """Images and blobs that are left out; blobs are listed as the bundle without gaps has them.

    `bundle` is the identity of the one that carries them, None where the builder did not know it.
    """

    blobs: tuple[BundledBlob, ...]
    bundle: Digest | None = None
    images: tuple[AssumedImage, ...] = ()


def assumptions_to_json(assumptions: Iterable[Assumption]) -> dict[str, list[dict[str, Any]]]:
    """The field `assumes` of the catalogue, only if there is something in it."""
    values = [
        {"blobs": [blob_to_json(blob) for blob in one.blobs]}
        | ({"bundle": str(one.bundle)} if one.bundle else {})
        | ({"images": [_image_to_json(image) for image in one.images]} if one.images else {})
        for one in assumptions
    ]
    return {"assumes": values} if values else {}


def _image_to_json(one: AssumedImage) -> dict[str, Any]:
    """Without the fields that would be empty: there are many of these, and little else."""
    value = {key: field for key, field in image_to_json(one.image).items() if field}
    return value | ({"narrowed": str(one.narrowed)} if one.narrowed else {})


def read_assumption(value: dict[str, Any]) -> Assumption:
    """What `value` says is assumed of one bundle."""
    return Assumption(
        tuple(read_blob(one) for one in read_list(value["blobs"])),
        _digest(value["bundle"]) if "bundle" in value else None,
        tuple(_read_image(one) for one in read_list(value.get("images", []))),
    )


def _read_image(value: dict[str, Any]) -> AssumedImage:
    empty: dict[str, Any] = {"why": "", "platforms": [], "leftOut": [], "referrers": []}
    image = read_image(empty | value)
    return AssumedImage(image, _digest(value["narrowed"]) if "narrowed" in value else None)


def _digest(text: object) -> Digest:
    return Digest.parse(read_text(text), where="the bundle's catalogue")
