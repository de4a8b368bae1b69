"""The blobs and manifests that conversations are about: the same bytes in every run."""

from __future__ import annotations

from typing import Any

from tests.support.image_factory import OCI_INDEX, OCI_MANIFEST, as_json, digest_of

# A project that is limited to LIMIT takes MEDIUM, and then not BIG. All are small: whoever refuses
# a large one before it is sent whole may close the connection too early to be understood.
LIMIT = 100_000
COSIGN_LAYER = "application/vnd.dev.cosign.simplesigning.v1+json"
SMALL = b"a small blob\n"
OTHER = b"mounted" * 1_000
MEDIUM = b"chunk of" * 5_000
BIG = b"too much" * 15_000
CONFIG = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'


def descriptor(data: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def manifest_of(layer: bytes, **more: Any) -> bytes:  # noqa: ANN401 - any JSON
    """An OCI image manifest with CONFIG and one layer, unless `more` says otherwise."""
    return as_json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(CONFIG, "application/vnd.oci.image.config.v1+json"),
            "layers": [descriptor(layer, "application/vnd.oci.image.layer.v1.tar+gzip")],
            **more,
        }
    )


def signature_of(about: str) -> bytes:
    """A manifest shaped as cosign's; SMALL stands for what is signed."""
    layer = {
        **descriptor(SMALL, COSIGN_LAYER),
        "annotations": {"dev.cosignproject.cosign/signature": "MEUC"},
    }
    return manifest_of(SMALL, layers=[layer], annotations={"about": about})


def index_of(*manifests: bytes) -> bytes:
    return as_json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [
                {
                    **descriptor(one, OCI_MANIFEST),
                    "platform": {"os": "linux", "architecture": f"a{index}"},
                }
                for index, one in enumerate(manifests)
            ],
        }
    )
