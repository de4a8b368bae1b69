"""A descriptor: media type, digest and size of some content (OCI image spec, descriptor.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.platforms import Platform

ATTESTATION_TYPE = "vnd.docker.reference.type"
ATTESTATION_SUBJECT = "vnd.docker.reference.digest"


_IMAGE_CONFIGS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of one piece of content; `size` is in bytes.

    `urls` is only set on foreign layers, `platform` only in an index.
    """

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    urls: tuple[str, ...] = ()
    annotations: dict[str, str] = field(default_factory=dict, hash=False)
    artifact_type: str = ""

    @classmethod
    def from_json(cls, value: object, *, where: str) -> Self:
        """Read a descriptor's JSON object; `where` names its manifest. Raises IntegrityError."""
        if not isinstance(value, dict):
            raise _malformed(where, "is not an object")
        size = value.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise _malformed(where, f"has the size {size!r}")
        platform = value.get("platform")
        urls = value.get("urls") or ()
        annotations = value.get("annotations") or {}
        if not isinstance(annotations, dict) or not isinstance(urls, list | tuple):
            raise _malformed(where, "has annotations or urls of the wrong type")
        return cls(
            media_type=str(value.get("mediaType") or ""),
            digest=Digest.parse(str(value.get("digest") or ""), where=where),
            size=size,
            platform=Platform.from_json(platform) if isinstance(platform, dict) else None,
            urls=tuple(str(url) for url in urls),
            annotations={str(key): str(text) for key, text in annotations.items()},
            artifact_type=str(value.get("artifactType") or ""),
        )

    def to_json(self) -> dict[str, Any]:
        """The three fields that every descriptor has."""
        return {"mediaType": self.media_type, "digest": str(self.digest), "size": self.size}

    @property
    def attests(self) -> str | None:
        """The digest text that a BuildKit attestation manifest is about, if this is one."""
        if self.annotations.get(ATTESTATION_TYPE) != "attestation-manifest":
            return None
        return self.annotations.get(ATTESTATION_SUBJECT)

    @property
    def is_image_config(self) -> bool:
        """Whether the content says for which platform an image is (OCI image spec, config.md)."""
        return self.media_type in _IMAGE_CONFIGS

    @property
    def is_foreign(self) -> bool:
        """Whether the content is to be had from its own URLs, and no registry need hold it."""
        return bool(self.urls) and (
            "foreign" in self.media_type or "nondistributable" in self.media_type
        )


def _malformed(where: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"a descriptor in {where} {why}",
        remedy="the image is damaged at its origin: push it there again, or leave it out",
    )
