"""Small images for the demo: made here, always the same bytes, sharing layers as real ones do."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_OCI = "application/vnd.oci.image"
_AMD64 = "amd64"
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class DemoLayer:
    """A compressed layer, and the digest of what is in it."""

    data: bytes
    diff_id: str


def write_images(directory: Path) -> None:
    """Write an OCI image layout with four images, named backend, notebook, training and mysql."""
    base = _layer("usr/lib/base", 6 * _MEGABYTE)
    cuda = _layer("usr/local/cuda", 48 * _MEGABYTE)
    layout = _Layout(directory)
    layout.add_image("backend", [base, _layer("opt/backend", 4 * _MEGABYTE)])
    layout.add_image("notebook", [base, cuda, _layer("opt/notebook", 2 * _MEGABYTE)])
    layout.add_image("training", [base, cuda, _layer("opt/training", 3 * _MEGABYTE)])
    layout.add_index(
        "mysql",
        {
            architecture: [_layer(f"usr/bin/mysql-{architecture}", 2 * _MEGABYTE)]
            for architecture in (_AMD64, "arm64")
        },
    )
    layout.close()


def _layer(path: str, size: int) -> DemoLayer:
    """A layer of one file that does not compress, as the files of real images hardly do."""
    content = hashlib.shake_128(path.encode()).digest(size)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo(path)
        member.size = size
        archive.addfile(member, io.BytesIO(content))
    tar = buffer.getvalue()
    return DemoLayer(gzip.compress(tar, compresslevel=1, mtime=0), _digest(tar))


class _Layout:
    """An OCI image layout that is being written."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._blobs = directory / "blobs/sha256"
        self._blobs.mkdir(parents=True)
        self._entries: list[dict[str, Any]] = []

    def add_image(self, name: str, layers: list[DemoLayer]) -> None:
        self._enter(name, self._manifest(layers, _AMD64))

    def add_index(self, name: str, layers_of: dict[str, list[DemoLayer]]) -> None:
        children = [
            self._manifest(layers, architecture)
            | {"platform": {"os": "linux", "architecture": architecture}}
            for architecture, layers in layers_of.items()
        ]
        media_type = f"{_OCI}.index.v1+json"
        body = {"schemaVersion": 2, "mediaType": media_type, "manifests": children}
        self._enter(name, self._blob(_as_json(body), media_type))

    def close(self) -> None:
        """Write the files that say what is there."""
        version = {"imageLayoutVersion": "1.0.0"}
        index = {"schemaVersion": 2, "manifests": self._entries}
        (self._directory / "oci-layout").write_bytes(_as_json(version))
        (self._directory / "index.json").write_bytes(_as_json(index))

    def _enter(self, name: str, descriptor: dict[str, Any]) -> None:
        annotations = {"org.opencontainers.image.ref.name": name}
        self._entries.append(descriptor | {"annotations": annotations})

    def _manifest(self, layers: list[DemoLayer], architecture: str) -> dict[str, Any]:
        config = {
            "os": "linux",
            "architecture": architecture,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }
        media_type = f"{_OCI}.manifest.v1+json"
        body = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": self._blob(_as_json(config), f"{_OCI}.config.v1+json"),
            "layers": [self._blob(layer.data, f"{_OCI}.layer.v1.tar+gzip") for layer in layers],
        }
        return self._blob(_as_json(body), media_type)

    def _blob(self, data: bytes, media_type: str) -> dict[str, Any]:
        digest = _digest(data)
        (self._blobs / digest.removeprefix("sha256:")).write_bytes(data)
        return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
