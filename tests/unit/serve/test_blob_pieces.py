"""Parts of a stored blob in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_install.serve.blob_pieces import stored_pieces
from cube_install.serve.exchange import BlobPart
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import Layer, image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KIB = 1 << 10
DATA = bytes(range(251)) * 20_000  # 5 MB, of which no two pieces are alike
IMAGE = image([Layer(DATA, DATA, "gzip")])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    path: Path = tmp_path_factory.mktemp("pieces") / "b.tar.zst"
    with Bundle.open(tiny_bundle({"docker.io/library/a:1": IMAGE}).write(path)) as found:
        yield found


def part(bundle: Bundle, start: int, stop: int) -> BlobPart:
    (layer,) = [blob for blob in bundle.catalogue.blobs if blob.size == len(DATA)]
    return BlobPart(layer, start, stop)


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, len(DATA)), (1, 2), (4096 * KIB - 1, 4096 * KIB + 1), (700_000, 5_000_000)],
)
def test_the_pieces_are_the_part(bundle: Bundle, start: int, stop: int) -> None:
    pieces = list(stored_pieces(bundle, part(bundle, start, stop), lambda: 512 * KIB))
    assert b"".join(pieces) == DATA[start:stop]
    assert max(len(piece) for piece in pieces) <= 512 * KIB


def test_the_size_may_change_on_the_way(bundle: Bundle) -> None:
    sizes = iter([512 * KIB, 64 * KIB, 128 * KIB])
    pieces = stored_pieces(bundle, part(bundle, 0, 768 * KIB), lambda: next(sizes, 64 * KIB))
    assert [len(piece) // KIB for piece in pieces] == [512, 64, 64, 64, 64]


def test_nothing_is_read_of_an_empty_part(bundle: Bundle) -> None:
    assert list(stored_pieces(bundle, part(bundle, 9, 9), lambda: 64 * KIB)) == []
