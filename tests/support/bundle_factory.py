"""Bundles made by a tiny encoder of the tests' own, after docs/format.md and not after our writer.

Every step can be spoiled: the catalogue, the members, the frames, and the file's bytes.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import zstandard

from tests.support.image_factory import ImageBlobs, as_json, digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Json = dict[str, Any]
STORED, ZSTD = "stored", "zstd"
BLOCK, FRAME_DATA = 128 << 10, 4 << 20
END_OF_TAR = bytes(1024)


@dataclass(frozen=True)
class Frame:
    """An encoded frame and how many bytes of tar it holds."""

    encoded: bytes
    content_size: int


@dataclass(frozen=True)
class Member:
    """A member of the tar; a `large` one has frames of its own, `encoded` as the catalogue says."""

    path: str
    data: bytes
    encoded: str = ZSTD
    large: bool = False

    @property
    def content(self) -> bytes:
        return tar_header(self.path, len(self.data)) + self.data + padding(self.data)


@dataclass
class TinyBundle:
    """What a bundle is made of, to be spoiled before it is encoded."""

    catalogue: Json
    members: list[Member] = field(default_factory=list)
    signature: bytes = b""

    @property
    def raw_catalogue(self) -> bytes:
        return json.dumps(self.catalogue, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    def frames(self) -> list[Frame]:
        """The frames in order, the seek table left out."""
        small = [one for one in self.members if not one.large]
        frames = compressed_frames(Member("bundle.json", self.raw_catalogue).content)
        if self.signature:
            frames += compressed_frames(Member("bundle.json.sig", self.signature).content)
        frames += compressed_frames(b"".join(one.content for one in small))
        for one in self.members:
            if one.large:
                frames += large_frames(one)
        return [*frames, compressed(END_OF_TAR)]

    def encode(self) -> bytes:
        """The bytes of the file."""
        return bundle_file(self.frames())

    def write(self, path: Path) -> Path:
        path.write_bytes(self.encode())
        return path


def tiny_bundle(
    images: dict[str, ImageBlobs],
    *,
    large: Sequence[str] = ("layer",),
    more: Mapping[str, bytes] | None = None,
) -> TinyBundle:
    """A bundle of `images` by canonical reference, and of `more` files by their path.

    Blobs whose media type contains one of `large` get frames of their own: plain tars compressed,
    all others stored.
    """
    listed: dict[str, Json] = {}
    data: dict[str, bytes] = {}
    for one in images.values():
        listed |= {item["digest"]: item for item in _descriptors(one)}
        data |= one.blobs
    items = sorted(listed.values(), key=lambda item: (_rank(item, large), item["digest"]))
    index = _index(images)
    files = [Member("oci-layout", b'{"imageLayoutVersion":"1.0.0"}\n'), Member("index.json", index)]
    files += [Member(path, content) for path, content in sorted((more or {}).items())]
    catalogue = {
        "format": {"name": "cube-airgap-bundle", "major": 1, "minor": 0},
        "images": [_image(name, one) for name, one in sorted(images.items())],
        "files": [
            {"path": one.path, "digest": digest_of(one.data), "size": len(one.data)}
            for one in files
        ],
        "manifests": [_entry(item, large) for item in items if _rank(item, large) == 0],
        "blobs": [_entry(item, large) for item in items if _rank(item, large) > 0],
    }
    members = [
        Member(
            blob_path(item["digest"]),
            data[item["digest"]],
            _encoding(item, large),
            large=_rank(item, large) > 1,
        )
        for item in items
    ]
    return TinyBundle(catalogue, [*files, *members])


def write_volumes(directory: Path, bundle: bytes, size: int, *, name: str = "b.tar.zst") -> Path:
    """Cut `bundle` into volumes of `size` bytes; the path of the file that describes them."""
    volumes = []
    for number, start in enumerate(range(0, len(bundle), size), 1):
        part = bundle[start : start + size]
        (directory / f"{name}.{number:03d}").write_bytes(part)
        volumes.append(
            {"name": f"{name}.{number:03d}", "size": len(part), "digest": digest_of(part)}
        )
    description = directory / f"{name.removesuffix('.tar.zst')}.volumes.json"
    body = {"version": 1, "bundle": _identity(bundle), "volumes": volumes}
    description.write_text(json.dumps(body))
    return description


def _identity(bundle: bytes) -> str:
    """The digest of the catalogue in the first frame, or of nothing where that is spoiled."""
    try:
        tar = zstandard.ZstdDecompressor().decompressobj().decompress(bundle)
        return digest_of(tar[512 : 512 + int(tar[124:135], 8)])
    except (zstandard.ZstdError, ValueError):
        return digest_of(b"")


def bundle_file(frames: Sequence[Frame]) -> bytes:
    """Frames and the seek table that says where they are."""
    return b"".join(one.encoded for one in frames) + seek_table(
        [(len(one.encoded), one.content_size) for one in frames]
    )


def seek_table(sizes: Sequence[tuple[int, int]]) -> bytes:
    entries = b"".join(struct.pack("<II", *pair) for pair in sizes)
    footer = struct.pack("<IBI", len(sizes), 0, 0x8F92EAB1)
    return struct.pack("<II", 0x184D2A5E, len(entries) + len(footer)) + entries + footer


def compressed_frames(content: bytes) -> list[Frame]:
    starts = range(0, len(content), FRAME_DATA)
    return [compressed(content[start : start + FRAME_DATA]) for start in starts]


def compressed(content: bytes) -> Frame:
    compressor = zstandard.ZstdCompressor(
        level=3, write_content_size=False, write_checksum=True, write_dict_id=False
    )
    frame = compressor.compress(content)
    return Frame(bytes.fromhex("28b52ffd0460") + frame[6:], len(content))


def large_frames(one: Member) -> list[Frame]:
    """At most FRAME_DATA bytes of data in each; header in the first, padding in the last."""
    starts = range(0, len(one.data), FRAME_DATA) or [0]
    frames = []
    for start in starts:
        header = tar_header(one.path, len(one.data)) if start == 0 else b""
        data = one.data[start : start + FRAME_DATA]
        end = padding(one.data) if start == starts[-1] else b""
        if one.encoded == STORED:
            frames.append(stored(header, data, len(end)))
        else:
            frames.append(compressed(header + data + end))
    return frames


def stored(header: bytes, data: bytes, zeros: int) -> Frame:
    """A frame of raw blocks: the header, the data by 128 KiB, and a block of repeated zeros."""
    blocks = [(0, header, len(header))] if header else []
    for start in range(0, len(data), BLOCK):
        part = data[start : start + BLOCK]
        blocks.append((0, part, len(part)))
    if zeros:
        blocks.append((1, b"\0", zeros))
    size = len(header) + len(data) + zeros
    encoded = bytes.fromhex("28b52ffd8038") + struct.pack("<I", size)
    for number, (kind, content, length) in enumerate(blocks, 1):
        head = (number == len(blocks)) | kind << 1 | length << 3
        encoded += head.to_bytes(3, "little") + content
    return Frame(encoded, size)


def tar_header(name: str, size: int, kind: bytes = b"0", link: str = "") -> bytes:
    """A ustar header of any kind; names up to 100 and sizes below 8 GiB only."""
    mode = b"0000755\0" if name.startswith("cube-install") else b"0000644\0"
    start = name.encode().ljust(100, b"\0") + mode + b"0000000\0" * 2
    start += b"%011o\0" % size + b"00000000000\0"
    rest = kind + link.encode().ljust(100, b"\0") + b"ustar\x0000"
    total = sum(start) + sum(rest) + 8 * ord(" ")
    return (start + b"%06o\0 " % total + rest).ljust(512, b"\0")


def padding(data: bytes) -> bytes:
    return bytes(-len(data) % 512)


def blob_path(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _descriptors(one: ImageBlobs) -> list[Json]:
    """Root, children, configurations and layers, as a manifest describes each."""
    found = [one.descriptor]
    for item in found:
        body = json.loads(one.blobs[item["digest"]]) if _is_manifest(item) else {}
        found += body.get("manifests", [])
        found += [body["config"]] if "config" in body else []
        found += body.get("layers", [])
    return found


def _is_manifest(item: Json) -> bool:
    return "manifest" in item["mediaType"] or "image.index" in item["mediaType"]


def _rank(item: Json, large: Sequence[str]) -> int:
    """Manifests, small blobs, large stored blobs, large compressed blobs."""
    if _is_manifest(item):
        return 0
    if not any(word in item["mediaType"] for word in large):
        return 1
    return 3 if item["mediaType"].endswith(".tar") else 2


def _encoding(item: Json, large: Sequence[str]) -> str:
    return STORED if _rank(item, large) == 2 else ZSTD


def _entry(item: Json, large: Sequence[str]) -> Json:
    return {
        "mediaType": item["mediaType"],
        "digest": item["digest"],
        "size": item["size"],
        "encoding": _encoding(item, large),
        "component": "demo",
    }


def _image(name: str, one: ImageBlobs) -> Json:
    return {
        "reference": name,
        "digest": one.digest,
        "component": "demo",
        "why": "shown in the tests",
        "platforms": [{"os": "linux", "architecture": "amd64"}],
        "leftOut": [],
        "referrers": [],
    }


def _index(images: dict[str, ImageBlobs]) -> bytes:
    entries = [
        {**one.descriptor, "annotations": {"org.opencontainers.image.ref.name": name}}
        for name, one in sorted(images.items())
    ]
    return as_json({"schemaVersion": 2, "manifests": entries})


def same_tree(directory: Path, bundle: TinyBundle) -> bool:
    """Whether `directory` holds just the members of `bundle`, and nothing else."""
    expected = {"bundle.json": bundle.raw_catalogue, **{m.path: m.data for m in bundle.members}}
    found = {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if not path.is_dir()
    }
    return found == expected
