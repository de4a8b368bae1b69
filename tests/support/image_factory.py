"""Small deterministic images, made in memory, and written to where tests want them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
import zstandard

if TYPE_CHECKING:
    from pathlib import Path

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
EMPTY_JSON = "application/vnd.oci.empty.v1+json"
REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"

Json = dict[str, Any]


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Layer:
    """A layer as it is stored (`data`) and its plain tar; `compression` is none, gzip or zstd."""

    data: bytes
    tar: bytes
    compression: str = "gzip"

    @property
    def diff_id(self) -> str:
        return digest_of(self.tar)


@dataclass(frozen=True)
class ImageBlobs:
    """A root manifest or index, and every blob that is reachable from it, by digest."""

    root: bytes
    media_type: str
    blobs: dict[str, bytes] = field(hash=False)

    @property
    def digest(self) -> str:
        return digest_of(self.root)

    @property
    def body(self) -> Json:
        return json.loads(self.root)

    @property
    def descriptor(self) -> Json:
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.root)}

    @property
    def config(self) -> Json:
        return json.loads(self.blobs[self.body["config"]["digest"]])

    @property
    def platform(self) -> Json:
        keys = ("os", "architecture", "variant")
        return {key: self.config[key] for key in keys if key in self.config}


def tar_of(files: dict[str, bytes]) -> bytes:
    """A plain tar with zero times and owners; no files make the empty layer."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def layer(files: dict[str, bytes], compression: str = "gzip") -> Layer:
    """A layer of `files`; compression is none, gzip or zstd."""
    tar = tar_of(files)
    if compression == "gzip":
        return Layer(gzip.compress(tar, 6, mtime=0), tar, compression)
    if compression == "zstd":
        return Layer(zstandard.ZstdCompressor(level=3).compress(tar), tar, compression)
    return Layer(tar, tar, "none")


def empty_layer(compression: str = "gzip") -> Layer:
    return layer({}, compression)


def image(
    layers: list[Layer] | None = None,
    *,
    docker: bool = False,
    platform: str = "linux/amd64",
    labels: dict[str, str] | None = None,
    subject: ImageBlobs | None = None,
) -> ImageBlobs:
    """One image of one platform: an OCI manifest, or Docker's v2 schema 2."""
    if layers is None:
        layers = [layer({"hello.txt": b"hello\n"})]
    config = as_json(config_of(layers, platform, labels or {}))
    manifest: Json = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST if docker else OCI_MANIFEST,
        "config": descriptor_of(config, DOCKER_CONFIG if docker else OCI_CONFIG),
        "layers": [descriptor_of(one.data, _layer_type(one, docker=docker)) for one in layers],
    }
    if subject is not None:
        manifest["subject"] = subject.descriptor
    return _assembled(manifest, [config, *(one.data for one in layers)])


def config_of(layers: list[Layer], platform: str, labels: dict[str, str]) -> Json:
    os, architecture, *variant = platform.split("/")
    return {
        "created": "1970-01-01T00:00:00Z",
        "architecture": architecture,
        **({"variant": variant[0]} if variant else {}),
        "os": os,
        "config": {"Env": ["PATH=/bin"], "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in layers]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "test"} for _ in layers],
    }


def descriptor_of(data: bytes, media_type: str, **more: Any) -> Json:  # noqa: ANN401 - any JSON
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}


def _layer_type(one: Layer, *, docker: bool) -> str:
    if docker:
        return DOCKER_LAYER + {"none": "", "gzip": ".gzip", "zstd": ".zstd"}[one.compression]
    return OCI_LAYER + {"none": "", "gzip": "+gzip", "zstd": "+zstd"}[one.compression]


def _assembled(manifest: Json, blobs: list[bytes]) -> ImageBlobs:
    root = as_json(manifest)
    by_digest = {digest_of(blob): blob for blob in [*blobs, root]}
    return ImageBlobs(root, manifest["mediaType"], by_digest)


def index(
    children: list[ImageBlobs],
    *,
    docker: bool = False,
    extra: list[tuple[Json, ImageBlobs]] | None = None,
) -> ImageBlobs:
    """An index of images, with their platforms, and of indexes; `extra` entries are as given."""
    entries = [
        {**child.descriptor, **({"platform": child.platform} if "config" in child.body else {})}
        for child in children
    ]
    body: Json = {
        "schemaVersion": 2,
        "mediaType": DOCKER_LIST if docker else OCI_INDEX,
        "manifests": entries + [entry for entry, _ in extra or []],
    }
    blobs = [blob for child in children for blob in child.blobs.values()]
    blobs += [blob for _, child in extra or [] for blob in child.blobs.values()]
    return _assembled(body, blobs)


def multi_arch(*platforms: str, docker: bool = False, name: str = "app") -> ImageBlobs:
    """An index of one small image per platform, all sharing their bottom layer."""
    base = layer({"base.txt": b"base\n"})
    children = [
        image([base, layer({f"{name}.txt": one.encode()})], docker=docker, platform=one)
        for one in platforms
    ]
    return index(children, docker=docker)


def attested(one: ImageBlobs) -> ImageBlobs:
    """An index as BuildKit makes it: the image, and its attestation as platform unknown/unknown."""
    statement = as_json({"_type": "https://in-toto.io/Statement/v0.1", "subject": []})
    config = as_json({"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": {}})
    attestation = _assembled(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor_of(config, OCI_CONFIG),
            "layers": [descriptor_of(statement, "application/vnd.in-toto+json")],
        },
        [config, statement],
    )
    entry = {
        **attestation.descriptor,
        "annotations": {
            "vnd.docker.reference.digest": one.digest,
            "vnd.docker.reference.type": "attestation-manifest",
        },
        "platform": {"architecture": "unknown", "os": "unknown"},
    }
    return index([one], extra=[(entry, attestation)])


def artifact(
    subject: ImageBlobs | None = None,
    *,
    artifact_type: str = "application/vnd.example.sbom",
    payload: bytes = b"{}",
) -> ImageBlobs:
    """An OCI artifact (image-spec 1.1) with the empty config, about `subject` when there is one."""
    empty = b"{}"
    manifest: Json = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": artifact_type,
        "config": descriptor_of(empty, EMPTY_JSON),
        "layers": [descriptor_of(payload, artifact_type)],
    }
    if subject is not None:
        manifest["subject"] = subject.descriptor
    return _assembled(manifest, [empty, payload])


def with_foreign_layer(one: ImageBlobs, url: str) -> ImageBlobs:
    """The same image with one more layer, which only `url` has."""
    absent = b"only its own URL has this"
    foreign = descriptor_of(
        absent, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", urls=[url]
    )
    manifest = {**one.body, "layers": [*one.body["layers"], foreign]}
    return _assembled(manifest, [blob for blob in one.blobs.values() if blob != one.root])


def cosign_tag(subject: ImageBlobs, kind: str = "sig") -> str:
    return f"{subject.digest.replace(':', '-')}.{kind}"


def write_oci_layout(
    directory: Path, images: dict[str, ImageBlobs], *, annotation: str = REF_NAME
) -> None:
    """Write `images` by name into an image layout; an empty name gives an entry without one."""
    directory.mkdir(parents=True, exist_ok=True)
    entries: list[Json] = []
    for name, one in images.items():
        for digest, blob in one.blobs.items():
            path = blob_path(directory, digest)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(blob)
        named = {"annotations": {annotation: name}} if name else {}
        entries.append({**one.descriptor, **named})
    (directory / "oci-layout").write_bytes(as_json({"imageLayoutVersion": "1.0.0"}))
    (directory / "index.json").write_bytes(as_json({"schemaVersion": 2, "manifests": entries}))


def blob_path(directory: Path, digest: str) -> Path:
    algorithm, _, value = digest.partition(":")
    return directory / "blobs" / algorithm / value


def write_docker_archive(
    path: Path, images: dict[str, ImageBlobs], *, blobs_layout: bool = False
) -> None:
    """Write what `docker save` would of `images`, which are of one platform each, by RepoTag.

    Docker before 25 makes a directory per layer, and links where two images share one; later ones
    (`blobs_layout`) write an image layout. Both store layers uncompressed.
    """
    write_tar(path, archive_members(images, blobs_layout=blobs_layout))


def archive_members(
    images: dict[str, ImageBlobs], *, blobs_layout: bool = False
) -> list[tuple[tarfile.TarInfo, bytes]]:
    """The members that `write_docker_archive` writes, for tests that spoil some."""
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    entries: list[Json] = []
    for name, one in images.items():
        config = one.blobs[one.body["config"]["digest"]]
        value = digest_of(config).removeprefix("sha256:")
        config_path = f"blobs/sha256/{value}" if blobs_layout else f"{value}.json"
        files[config_path] = config
        paths = [
            _place(tar, value, files, links) if not blobs_layout else _blob(tar, files)
            for tar in layer_tars(one)
        ]
        entries.append(
            {"Config": config_path, "RepoTags": [name] if name else None, "Layers": paths}
        )
    if blobs_layout:
        files["oci-layout"] = as_json({"imageLayoutVersion": "1.0.0"})
    files["manifest.json"] = as_json(entries)
    return [
        *((_file(name, data), data) for name, data in files.items()),
        *((_link(name, target), b"") for name, target in links.items()),
    ]


def layer_tars(one: ImageBlobs) -> list[bytes]:
    """The uncompressed layers of an image of one platform."""
    return [_plain(one.blobs[entry["digest"]]) for entry in one.body["layers"]]


def _plain(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data


def _blob(tar: bytes, files: dict[str, bytes]) -> str:
    path = f"blobs/sha256/{digest_of(tar).removeprefix('sha256:')}"
    files[path] = tar
    return path


def _place(tar: bytes, image_id: str, files: dict[str, bytes], links: dict[str, str]) -> str:
    place = hashlib.sha256(image_id.encode() + tar).hexdigest()
    path = f"{place}/layer.tar"
    same = next((name for name, data in files.items() if data == tar and name != path), None)
    if same is None:
        files[path] = tar
    else:
        links[path] = f"../{same}"
    return path


def _file(name: str, data: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    return member


def _link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = tarfile.SYMTYPE
    member.linkname = target
    return member


def write_tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    """Write any members, hostile ones too."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for member, data in members:
            archive.addfile(member, io.BytesIO(data))


def push(registry_url: str, repository: str, tag: str, one: ImageBlobs) -> None:
    """Push every blob and manifest of `one`, children first, and name its root `tag`."""
    manifests = _manifests(one)
    with requests.Session() as session:
        base = f"{registry_url.rstrip('/')}/v2/{repository}"
        for digest, blob in one.blobs.items():
            if digest not in manifests:
                _push_blob(session, base, digest, blob)
        for digest, media_type in manifests.items():
            name = tag if digest == one.digest else digest
            _push_manifest(session, f"{base}/manifests/{name}", one.blobs[digest], media_type)


def _push_blob(session: requests.Session, base: str, digest: str, blob: bytes) -> None:
    begun = session.post(f"{base}/blobs/uploads/", timeout=30)
    begun.raise_for_status()
    place = requests.compat.urljoin(begun.url, begun.headers["Location"])
    done = session.put(
        place,
        params={"digest": digest},
        data=blob,
        headers={"Content-Type": "application/octet-stream"},
        timeout=30,
    )
    done.raise_for_status()


def _push_manifest(session: requests.Session, url: str, raw: bytes, media_type: str) -> None:
    session.put(url, data=raw, headers={"Content-Type": media_type}, timeout=30).raise_for_status()


def _manifests(one: ImageBlobs) -> dict[str, str]:
    """Digest and media type of every manifest under the root, children before parents."""
    found: dict[str, str] = {}

    def visit(digest: str, media_type: str) -> None:
        for child in json.loads(one.blobs[digest]).get("manifests", []):
            visit(child["digest"], child["mediaType"])
        found[digest] = media_type

    visit(one.digest, one.media_type)
    return found
