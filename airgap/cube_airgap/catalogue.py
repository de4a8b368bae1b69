"""The catalogue, `bundle.json`: what is in a bundle and where each thing came from.

docs/format.md and schemas/catalogue.schema.json specify it (issue 2).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.assumption import (
    AssumedImage,
    Assumption,
    assumptions_to_json,
    read_assumption,
)
from cube_airgap.catalogue_entries import (
    Attached,
    BundledBlob,
    BundledFile,
    BundledImage,
    Encoding,
    LeftOut,
    blob_to_json,
    file_to_json,
    image_to_json,
    read_blob,
    read_file,
    read_image,
)
from cube_airgap.closure_entries import (
    Allowance,
    BundledAsset,
    closure_to_json,
    read_allowance,
    read_asset,
)
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, UsageError
from cube_airgap.json_values import read_list, read_number, read_text
from cube_airgap.manifest import LARGEST_MANIFEST
from cube_airgap.tar_member import TarMember, directories_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CATALOGUE_PATH",
    "LARGEST_CATALOGUE",
    "LARGEST_MANIFESTS",
    "SIGNATURE_PATH",
    "Allowance",
    "AssumedImage",
    "Assumption",
    "Attached",
    "BundledAsset",
    "BundledBlob",
    "BundledFile",
    "BundledImage",
    "Catalogue",
    "Encoding",
    "LeftOut",
]

CATALOGUE_PATH = "bundle.json"
SIGNATURE_PATH = "bundle.json.sig"
"""A signature over the catalogue; the catalogue cannot name it, and is the same without."""
LARGEST_CATALOGUE = 32 << 20
LARGEST_MANIFESTS = 64 << 20
"""Bytes of all manifests together, which verifying keeps in memory."""
MAJOR_VERSION, MINOR_VERSION = 1, 0
_FORMAT = "cube-airgap-bundle"
_BLOBS = "blobs"


@dataclass(frozen=True)
class Catalogue:
    """All that a bundle holds; files, manifests and blobs in the order in which they lie there.

    `allowed` is what it lacks on purpose. With `assumes` it is a delta: these are images and blobs
    that it leaves out since the far side has them. `follows` are the bundles that it takes the
    place of, the newest first.
    """

    images: tuple[BundledImage, ...]
    files: tuple[BundledFile, ...]
    manifests: tuple[BundledBlob, ...]
    blobs: tuple[BundledBlob, ...]
    assets: tuple[BundledAsset, ...] = ()
    allowed: tuple[Allowance, ...] = ()
    assumes: tuple[Assumption, ...] = ()
    follows: tuple[Digest, ...] = ()

    @cached_property
    def raw(self) -> bytes:
        """The bytes of `bundle.json`: keys sorted, one line, no time and no host in it."""
        text = json.dumps(_to_json(self), sort_keys=True, separators=(",", ":"))
        return text.encode() + b"\n"

    @cached_property
    def digest(self) -> Digest:
        """The bundle's identity: the digest of its catalogue."""
        return Digest.of(self.raw)

    @cached_property
    def by_digest(self) -> dict[Digest, BundledBlob]:
        """Manifests and blobs by digest."""
        return {blob.digest: blob for blob in (*self.manifests, *self.blobs)}

    @cached_property
    def assumed(self) -> dict[Digest, BundledBlob]:
        """The blobs that are left out since the far side has them, by digest."""
        return {blob.digest: blob for one in self.assumes for blob in one.blobs}

    @cached_property
    def assumed_images(self) -> tuple[AssumedImage, ...]:
        """The images of which nothing is carried since the far side has them."""
        return tuple(image for one in self.assumes for image in one.images)

    @cached_property
    def every_image(self) -> tuple[BundledImage, ...]:
        """All images that can be installed: those that are carried, then those that are assumed."""
        return (*self.images, *(one.image for one in self.assumed_images))

    def carrier(self, digest: Digest) -> Digest | None:
        """The bundle that carries an assumed blob or image; None where that is not known."""
        return self._carriers.get(digest)

    @cached_property
    def _carriers(self) -> dict[Digest, Digest | None]:
        images = {image.image.digest: one.bundle for one in self.assumes for image in one.images}
        return images | {blob.digest: one.bundle for one in self.assumes for blob in one.blobs}

    def refuse_delta(self, purpose: str) -> None:
        """Raise UsageError for a delta; `purpose` says for what all blobs have to be at hand."""
        if self.assumes:
            raise UsageError(
                f"bundle {self.digest.short} is a delta and cannot be {purpose}: it leaves out "
                f"whole images ({len(self.assumed_images):,}) and blobs of the others "
                f"({len(self.assumed):,})",
                remedy="push it into the registry that has them, or make one whole bundle first: "
                "`cube-bundle merge OLD DELTA -o WHOLE`",
            )

    @cached_property
    def digests(self) -> dict[str, Digest]:
        """The digest of every member but the catalogue itself, by its path in the tar."""
        files = {file.path: file.digest for file in self.files}
        return files | {digest.layout_path: digest for digest in self.by_digest}

    def members(self) -> tuple[TarMember, ...]:
        """Every member of the tar in order, the catalogue itself first."""
        return (
            TarMember(CATALOGUE_PATH, len(self.raw)),
            *(TarMember(file.path, file.size) for file in self.files),
            *(TarMember(blob.digest.layout_path, blob.size) for blob in self.by_digest.values()),
        )

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read `bundle.json`. Raises IntegrityError, and UsageError for a newer format."""
        try:
            body = json.loads(raw.decode())
            _check_version(body)
            catalogue = cls(
                images=tuple(read_image(value) for value in read_list(body["images"])),
                files=tuple(read_file(value) for value in read_list(body["files"])),
                manifests=tuple(read_blob(value) for value in read_list(body["manifests"])),
                blobs=tuple(read_blob(value) for value in read_list(body["blobs"])),
                assets=tuple(read_asset(value) for value in read_list(body.get("assets", []))),
                allowed=tuple(
                    read_allowance(value) for value in read_list(body.get("allowed", []))
                ),
                assumes=tuple(
                    read_assumption(value) for value in read_list(body.get("assumes", []))
                ),
                follows=tuple(
                    Digest.parse(read_text(text), where="the bundle's catalogue")
                    for text in read_list(body.get("follows", []))
                ),
            )
        except KeyError as error:
            raise _malformed(f"{error} is missing in it") from None
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            raise _malformed(str(error)) from None
        # A field of a later minor version is not known here, but is part of what was signed.
        catalogue.__dict__["raw"] = raw
        _check_paths(catalogue)
        _check_sizes(catalogue)
        return catalogue


def _check_version(body: dict[str, Any]) -> None:
    version = body["format"]
    if version["name"] != _FORMAT:
        raise _malformed(f"its format is {version['name']!r}")
    major, minor = read_number(version["major"]), read_number(version["minor"])
    if major != MAJOR_VERSION:
        raise UsageError(
            f"the bundle has format version {major}.{minor}; this program reads {MAJOR_VERSION}.x",
            remedy="use the cube-install that came with the bundle, or a newer one",
        )


def _check_paths(catalogue: Catalogue) -> None:
    """No path twice, none that is another one's directory, and no file among the blobs."""
    files = [CATALOGUE_PATH, SIGNATURE_PATH, *(file.path for file in catalogue.files)]
    _check_unique(files)
    assumed = [blob for one in catalogue.assumes for blob in one.blobs]
    _check_unique(blob.digest for blob in (*catalogue.manifests, *catalogue.blobs, *assumed))
    _check_unique(image.reference for image in catalogue.every_image)
    _check_unique(asset.name for asset in catalogue.assets)
    names = {asset.name for asset in catalogue.assets}
    for name in names:
        if directories_of(name) & names:
            raise _malformed(f"it lists the asset {name} below another one")
    taken = {*files, _BLOBS}
    for path in files:
        if path == _BLOBS or directories_of(path) & taken:
            raise _malformed(f"it lists the file {path} where no file may be")


def _check_unique(listed: Iterable[object]) -> None:
    for one, count in Counter(listed).items():
        if count > 1:
            raise _malformed(f"it lists {one} twice")


def _check_sizes(catalogue: Catalogue) -> None:
    sizes = [manifest.size for manifest in catalogue.manifests]
    if max(sizes, default=0) > LARGEST_MANIFEST or sum(sizes) > LARGEST_MANIFESTS:
        raise _malformed(
            f"its manifests are larger than {LARGEST_MANIFEST:,} bytes, or than "
            f"{LARGEST_MANIFESTS:,} together"
        )


def _malformed(why: str) -> IntegrityError:
    return IntegrityError(
        f"the bundle's catalogue cannot be used: {why[:300]}",
        remedy="the file was damaged or made by something else: carry it again, or build it again",
    )


def _to_json(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "format": {"name": _FORMAT, "major": MAJOR_VERSION, "minor": MINOR_VERSION},
        "images": [image_to_json(image) for image in catalogue.images],
        "files": [file_to_json(file) for file in catalogue.files],
        "manifests": [blob_to_json(manifest) for manifest in catalogue.manifests],
        "blobs": [blob_to_json(blob) for blob in catalogue.blobs],
        **closure_to_json(catalogue.assets, catalogue.allowed),
        **assumptions_to_json(catalogue.assumes),
        **({"follows": [str(one) for one in catalogue.follows]} if catalogue.follows else {}),
    }
