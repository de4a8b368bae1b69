"""The worked example of docs/format.md: a tiny bundle of our own writing, shown byte by byte.

`python -m tests.support.format_example` writes it into the page.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from pathlib import Path

from cube_airgap.bundle_layout import BundleLayout, end_frame
from cube_airgap.catalogue import Catalogue
from cube_airgap.seek_table import SeekTable
from cube_airgap.zstd_frames import encode_stored
from tests.support.bundle_factory import TinyBundle, tiny_bundle
from tests.support.image_factory import OCI_CONFIG, OCI_MANIFEST, ImageBlobs, as_json, digest_of

PAGE = Path(__file__).parents[2] / "docs/format.md"
_BEGIN, _END = "<!-- example: begin -->", "<!-- example: end -->"
_LAYER_TYPE = "application/vnd.example.layer.gzip"


def example() -> TinyBundle:
    """One image of one manifest, an empty configuration, and a layer of six bytes."""
    config, layer = b"{}", b"hello\n"
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": digest_of(config), "size": len(config)},
        "layers": [{"mediaType": _LAYER_TYPE, "digest": digest_of(layer), "size": len(layer)}],
    }
    root = as_json(manifest)
    blobs = {digest_of(blob): blob for blob in (root, config, layer)}
    return tiny_bundle({"docker.io/library/hello:1": ImageBlobs(root, OCI_MANIFEST, blobs)})


def encoded_example() -> list[tuple[str, bytes, int]]:
    """What each frame is, its bytes, and its content's size; the seek table last."""
    tiny = example()
    small = {one.path: one.data for one in tiny.members if not one.large}
    layout = BundleLayout.of(Catalogue.parse(tiny.raw_catalogue), small)
    (stored,) = layout.stored
    data = tiny.members[-1].data
    buffers = encode_stored(stored.header(0), [data], stored.padding(0))
    parts = [
        ("compressed: bundle.json", layout.head[0].encoded, layout.head[0].content_size),
        ("compressed: the small members", layout.head[1].encoded, layout.head[1].content_size),
        ("stored: the layer", b"".join(buffers), stored.content_size(0)),
        ("compressed: the end of the tar", end_frame().encoded, end_frame().content_size),
    ]
    table = SeekTable([(len(encoded), size) for _, encoded, size in parts]).encode()
    return [*parts, ("skippable: the seek table", table, 0)]


def page_text() -> str:
    """What docs/format.md has between its two marks."""
    shown = json.dumps(json.loads(example().raw_catalogue), indent=1)
    parts = encoded_example()
    starts = accumulate((len(encoded) for _, encoded, _ in parts), initial=0)
    frames = [
        f"{what}; {len(encoded)} bytes at {start}, holding {size}\n{_dump(what, encoded, start)}"
        for (what, encoded, size), start in zip(parts, starts, strict=False)
    ]
    text = "\n\n".join(frames)
    return f"\n\n```json\n{shown}\n```\n\n```text\n{text}\n```\n\n"


def _dump(what: str, encoded: bytes, start: int) -> str:
    """Lines of 16 bytes; lines of zeros, and most of what is compressed, are left out."""
    lines = []
    for at in range(0, len(encoded), 16):
        row = encoded[at : at + 16]
        is_dull = what.startswith("compressed") and 16 <= at < len(encoded) - 16
        if (any(row) or len(row) < 16) and not is_dull:
            text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            lines.append(f"{start + at:08x}  {row.hex(' '):47}  |{text}|")
        elif lines[-1] != "*":
            lines.append("*")
    return "\n".join(lines)


def with_example(page: str) -> str:
    """`page` with the example in its place."""
    found = re.compile(f"{_BEGIN}.*{_END}", re.DOTALL)
    return found.sub(lambda _: f"{_BEGIN}{page_text()}{_END}", page)


if __name__ == "__main__":
    PAGE.write_text(with_example(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
