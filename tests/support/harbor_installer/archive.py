"""An archive in the form of Harbor's offline installer, with programs that stand for its own."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.image_factory import digest_of

_HERE = Path(__file__).parent
_BUSYBOX = Path("/bin/busybox")


@dataclass(frozen=True)
class Installer:
    """What to put into an archive; `left_out` and `more` spoil it."""

    version: str = "v2.11.1"
    architecture: str = "amd64"
    left_out: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def images(self) -> str:
        return f"harbor.{self.version}.tar.gz"

    def encode(self) -> bytes:
        """The bytes of the archive, in the order of Harbor's Makefile."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
            for name, data in self._files().items():
                mode = 0o755 if data.startswith(b"#!") else 0o644
                _add(tar, f"harbor/{name}", data, mode)
        return buffer.getvalue()

    def write(self, path: Path) -> Path:
        path.write_bytes(self.encode())
        return path

    def _files(self) -> dict[str, bytes]:
        files = {self.images: saved_images(self.version, self.architecture)}
        for name in ("prepare", "LICENSE", "install.sh", "common.sh", "harbor.yml.tmpl"):
            files[name] = self._text(name).encode()
        files |= dict.fromkeys(self.more, b"more")
        return {name: data for name, data in files.items() if name not in self.left_out}

    def _text(self, name: str) -> str:
        if name == "LICENSE":
            return "as Harbor's\n"
        text = (_HERE / "shipped" / name).read_text()
        return text.replace("VERSION", self.version) if name == "prepare" else text.replace(
            "_version: FORMAT", f"_version: {format_of(self.version)}"
        )  # fmt: skip


def format_of(version: str) -> str:
    """The version that harbor.yml has for a Harbor of `version`."""
    return f"{version.removeprefix('v').rpartition('.')[0]}.0"


def saved_images(version: str, architecture: str) -> bytes:
    """As `docker save | gzip` writes them, small."""
    layer = _layer()
    entry = ["/bin/busybox", "sh", "/entry", version, format_of(version)]
    images = {
        f"goharbor/prepare:{version}": _configuration(layer, architecture, entry),
        f"goharbor/harbor-core:{version}": _configuration(layer, architecture, ["/bin/busybox"]),
    }
    listed = [
        {"Config": f"{digest_of(one)[7:]}.json", "RepoTags": [name], "Layers": ["one/layer.tar"]}
        for name, one in images.items()
    ]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        _add(tar, "one/VERSION", b"1.0")
        _add(tar, "one/layer.tar", layer)
        for one in images.values():
            _add(tar, f"{digest_of(one)[7:]}.json", one)
        _add(tar, "manifest.json", json.dumps(listed).encode())
    return buffer.getvalue()


def _layer() -> bytes:
    assert _BUSYBOX.exists(), "busybox is not installed: apt-get install busybox-static"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add(tar, "bin/busybox", _BUSYBOX.read_bytes(), 0o755)
        for name in ("sh", "sed", "awk", "grep", "cat", "cp", "rm", "mkdir", "chmod"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        _add(tar, "entry", (_HERE / "in_prepare.sh").read_bytes())
        place = tarfile.TarInfo("tmp")
        place.type, place.mode = tarfile.DIRTYPE, 0o777
        tar.addfile(place)
    return buffer.getvalue()


def _configuration(layer: bytes, architecture: str, entry: list[str]) -> bytes:
    body = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Entrypoint": entry, "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
    }
    return json.dumps(body).encode()


def _add(tar: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), mode
    tar.addfile(member, io.BytesIO(data))


def spoiled(archive: bytes) -> bytes:
    """`archive` with one bit of its last file changed, which only its checksum tells of."""
    plain = bytearray(gzip.decompress(archive))
    at = plain.rindex(b"jobservice")
    plain[at] ^= 1
    checksum = archive[-8:]
    return gzip.compress(bytes(plain), 1)[:-8] + checksum
