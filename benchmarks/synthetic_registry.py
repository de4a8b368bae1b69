"""A registry of made-up images, for sizes that no disk here would hold.

    python benchmarks/synthetic_registry.py --images 1000 --layers 10 --port 5001
    python benchmarks/synthetic_registry.py --huge 20 --port 5001

Layers are computed when they are asked for: small ones from their number, a huge one of zeros.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_BYTES = "application/octet-stream"
_ZEROS = bytes(1 << 20)
_PATH = re.compile(r"/v2/(.+)/(manifests|blobs)/([^/?]+)")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class Content:
    """Manifests by name and digest, and blobs that are computed by digest."""

    def __init__(self, images: int, layers: int, huge: int) -> None:
        """`huge` is the size in bytes of a single image's only layer; 0 means no such image."""
        self.manifests: dict[str, bytes] = {}
        self.small: dict[str, bytes] = {}
        self.huge: dict[str, int] = {}
        for number in range(images):
            parts = [
                self._put(f"layer {number}.{layer}\n".encode() * 64) for layer in range(layers)
            ]
            self._image(f"made-up/{number:04d}", parts)
        if huge:
            digest = _digest_of_zeros(huge)
            self.huge[digest] = huge
            self._image("made-up/huge", [{"digest": digest, "size": huge}])

    def _put(self, data: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.small[digest] = data
        return {"digest": digest, "size": len(data)}

    def _image(self, name: str, layers: list[dict[str, object]]) -> None:
        config = {"os": "linux", "architecture": "amd64", "config": {"Labels": {"name": name}}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {"mediaType": _CONFIG, **self._put(json.dumps(config).encode())},
            "layers": [{"mediaType": _LAYER, **layer} for layer in layers],
        }
        raw = json.dumps(manifest).encode()
        self.manifests[f"{name}:1"] = raw
        self.manifests[f"sha256:{hashlib.sha256(raw).hexdigest()}"] = raw

    def manifest(self, name: str, what: str) -> bytes | None:
        """The manifest of a tag or digest in the repository `name`."""
        return self.manifests.get(what if what.startswith("sha256:") else f"{name}:{what}")

    def size(self, digest: str) -> int | None:
        """How many bytes a blob has; None where there is none."""
        data = self.small.get(digest)
        return self.huge.get(digest) if data is None else len(data)

    def pieces(self, digest: str, start: int, end: int) -> Iterator[bytes]:
        """The blob's bytes from `start` to `end`."""
        if digest in self.small:
            yield self.small[digest][start:end]
            return
        for offset in range(start, end, len(_ZEROS)):
            yield _ZEROS[: end - offset]


@cache
def _digest_of_zeros(size: int) -> str:
    summary = hashlib.sha256()
    for start in range(0, size, len(_ZEROS)):
        summary.update(_ZEROS[: size - start])
    return f"sha256:{summary.hexdigest()}"


class Handler(BaseHTTPRequestHandler):
    """The pull side of the distribution protocol, as much as a client needs."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go in two writes
    content: Content

    def do_GET(self) -> None:
        """Answer the version check, a manifest, a blob or a part of one."""
        match = _PATH.fullmatch(self.path)
        name, kind, what = match.groups() if match else ("", "", "")
        size = self.content.size(what)
        if kind == "blobs" and size is not None:
            self._send_blob(what, size)
        elif self.path == "/v2/":
            self._send(b"{}", "application/json")
        else:
            self._send(self.content.manifest(name, what), _MANIFEST)

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def _send(self, data: bytes | None, media_type: str) -> None:
        self._begin(HTTPStatus.NOT_FOUND if data is None else HTTPStatus.OK, len(data or b""))
        self.send_header("Content-Type", media_type)
        self.end_headers()
        if data and self.command == "GET":
            self.wfile.write(data)

    def _send_blob(self, digest: str, size: int) -> None:
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        end = int(asked[2]) + 1 if asked and asked[2] else size
        self._begin(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK, end - start)
        self.send_header("Content-Type", _BYTES)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        if self.command == "GET":
            self._write(digest, start, end)

    def _write(self, digest: str, start: int, end: int) -> None:
        try:
            for piece in self.content.pieces(digest, start, end):
                self.wfile.write(piece)
        except ConnectionError:  # the client took as much as it wanted
            self.close_connection = True

    def _begin(self, status: HTTPStatus, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=0)
    parser.add_argument("--layers", type=int, default=10)
    parser.add_argument("--huge", type=int, default=0, metavar="GB")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    Handler.content = Content(options.images, options.layers, options.huge * 10**9)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    print(f"127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
