"""docs/format.md tells the truth: its example is what is written, its limits are the code's."""

from __future__ import annotations

import io

import pytest

from cube_airgap import catalogue, seek_table, zstd_frames
from cube_airgap.bundle import LARGEST_SIGNATURE, Bundle
from cube_airgap.manifest import LARGEST_MANIFEST
from cube_airgap.progress import Silent
from cube_airgap.verify import verify
from tests.support.format_example import PAGE, encoded_example, page_text

TEXT = " ".join(PAGE.read_text(encoding="utf-8").split())


def test_the_example_is_what_is_written() -> None:
    assert page_text() in PAGE.read_text(encoding="utf-8"), "python -m tests.support.format_example"


def test_the_example_is_a_whole_bundle() -> None:
    data = b"".join(encoded for _, encoded, _ in encoded_example())

    assert verify(Bundle.stream(io.BytesIO(data)), Silent()) == ()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("`bundle.json` is UTF-8 JSON of at most 32 MiB", catalogue.LARGEST_CATALOGUE == 32 << 20),
        ("at most 4 MiB each and 64 MiB together", catalogue.LARGEST_MANIFESTS == 64 << 20),
        ("at most 4 MiB each", LARGEST_MANIFEST == 4 << 20),
        ("at most 2,097,152 frames", seek_table.MOST_FRAMES == 2_097_152),
        ("of more than 4 MiB + 64 KiB", zstd_frames.LARGEST_FRAME == (4 << 20) + (64 << 10)),
        ("at most 4 MiB (4,194,304 bytes)", zstd_frames.FRAME_DATA == 4_194_304),
        ("raw blocks of 131,072 bytes", zstd_frames.BLOCK == 131_072),
        ("`28 b5 2f fd 04 60`", zstd_frames.COMPRESSED_START.hex(" ") == "28 b5 2f fd 04 60"),
        ("`28 b5 2f fd 80 38`", zstd_frames.STORED_START.hex(" ") == "28 b5 2f fd 80 38"),
        ("`bundle.json.sig`, at most 64 KiB", LARGEST_SIGNATURE == 64 << 10),
        ("Version 1.0.", (catalogue.MAJOR_VERSION, catalogue.MINOR_VERSION) == (1, 0)),
    ],
)
def test_the_limits_are_those_of_the_code(said: str, *, meant: bool) -> None:
    assert said in TEXT
    assert meant
