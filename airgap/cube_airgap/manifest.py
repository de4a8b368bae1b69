"""A manifest: its raw bytes are the truth, the parsed view is a convenience."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, UsageError

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})
MANIFEST_TYPES = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)

# The distribution spec lets a registry refuse more, and none serves more.
LARGEST_MANIFEST = 4 << 20


@dataclass(frozen=True)
class Manifest:
    """An image manifest, an artifact manifest or an index: raw bytes and their media type."""

    raw: bytes
    media_type: str

    @classmethod
    def parse(cls, raw: bytes, *, media_type: str = "", where: str) -> Self:
        """Read `raw`; `media_type` is what its carrier said, `where` names it in errors.

        The manifest's own `mediaType` wins over the carrier's word, and its shape decides when both
        are silent. Raises IntegrityError, and UsageError for Docker's schema 1.
        """
        body = _json_object(raw, where)
        stated = str(body.get("mediaType") or "")
        if stated.startswith(SCHEMA_1) or body.get("schemaVersion") == 1:
            raise UsageError(
                f"{where} is a Docker schema 1 manifest, which has no stable digests",
                remedy="pull it with an old Docker and push it again, or use a newer tag",
            )
        shape = OCI_INDEX if "manifests" in body else OCI_MANIFEST
        manifest = cls(raw, stated or _usable(media_type) or shape)
        manifest.__dict__["body"] = body
        manifest._check(where)
        return manifest

    @cached_property
    def digest(self) -> Digest:
        """The sha256 digest of the raw bytes."""
        return Digest.of(self.raw)

    @cached_property
    def descriptor(self) -> Descriptor:
        """How another manifest would point at this one."""
        return Descriptor(self.media_type, self.digest, len(self.raw))

    @property
    def is_index(self) -> bool:
        """Whether it lists other manifests."""
        return self.media_type in INDEX_TYPES or "manifests" in self.body

    @cached_property
    def children(self) -> tuple[Descriptor, ...]:
        """The manifests that an index lists."""
        return self._descriptors("manifests")

    @cached_property
    def config(self) -> Descriptor | None:
        """The image configuration, if this kind of manifest has one."""
        value = self.body.get("config")
        where = f"manifest {self.digest}"
        return None if value is None else Descriptor.from_json(value, where=where)

    @cached_property
    def layers(self) -> tuple[Descriptor, ...]:
        """The layers, or an artifact manifest's blobs, bottom first."""
        return self._descriptors("layers") or self._descriptors("blobs")

    @cached_property
    def subject(self) -> Descriptor | None:
        """The manifest that this one is about (a referrer's `subject`)."""
        value = self.body.get("subject")
        where = f"manifest {self.digest}"
        return None if value is None else Descriptor.from_json(value, where=where)

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Configuration and layers: all that is not a manifest."""
        return (*((self.config,) if self.config else ()), *self.layers)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The parsed JSON, to look at; never to write back."""
        return _json_object(self.raw, "a manifest")

    def _descriptors(self, key: str) -> tuple[Descriptor, ...]:
        values = self.body.get(key) or ()
        where = f"{key} of manifest {self.digest}"
        if not isinstance(values, list | tuple):
            raise _damaged(where, "is not a list")
        return tuple(Descriptor.from_json(value, where=where) for value in values)

    def _check(self, where: str) -> None:
        """Read every descriptor once, so that a bad one is told of here and not deep in a build."""
        try:
            _ = (self.children, self.config, self.layers, self.subject)
        except IntegrityError as error:
            raise IntegrityError(f"{where}: {error.what}", remedy=error.remedy) from None
        if not any(key in self.body for key in ("manifests", "config", "layers", "blobs")):
            raise _damaged(where, "is not an image manifest or index")
        if "manifests" in self.body and any(key in self.body for key in ("config", "layers")):
            # One reader would take it for an index, another for an image (CVE-2021-41190).
            raise _damaged(where, "is an index and an image manifest at once")


def _usable(media_type: str) -> str:
    """The carrier's media type without parameters, unless it says nothing about the content."""
    bare = media_type.partition(";")[0].strip().lower()
    return "" if bare in {"application/json", "application/octet-stream", "text/plain"} else bare


def _json_object(raw: bytes, where: str) -> dict[str, Any]:
    if len(raw) > LARGEST_MANIFEST:
        raise _damaged(where, f"is larger than a manifest may be ({LARGEST_MANIFEST >> 20} MiB)")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise _damaged(where, "is not JSON") from None
    if not isinstance(body, dict):
        raise _damaged(where, "is not a JSON object")
    return body


def _damaged(where: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{where} {why}",
        remedy="if a proxy stands in between, it may have answered for the registry; "
        "otherwise the image is damaged at its origin",
    )
