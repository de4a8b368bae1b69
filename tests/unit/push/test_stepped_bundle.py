"""Reading blobs of a bundle in small steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.digest import Digest
from cube_airgap.errors import MissingError
from cube_push.stepped_bundle import SteppedBundle
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.memory_source import noise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORED = make.layer({"stored": noise(3_000_000, 1)})
PLAIN = make.layer({"plain": noise(3_000_000, 2)}, "none")


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Bundle]:
    made = tiny_bundle({"quay.io/a/one:1": make.image([STORED, PLAIN])})
    with Bundle.open(made.write(tmp_path / "b.tar.zst")) as opened:
        yield opened


@pytest.mark.parametrize(("layer", "most"), [(STORED, 512 << 10), (PLAIN, 4 << 20)])
@pytest.mark.parametrize(("start", "end"), [(0, None), (1, 2_000_001), (700_000, 700_001)])
def test_what_is_asked_for_comes_in_steps(
    bundle: Bundle, layer: make.Layer, most: int, start: int, end: int | None
) -> None:
    blob = bundle.catalogue.by_digest[Digest.parse(make.digest_of(layer.data))].descriptor
    pieces = list(SteppedBundle(bundle).read_blob(blob, start, end))
    assert b"".join(pieces) == layer.data[start:end]
    assert max(map(len, pieces)) <= most


def test_a_blob_that_is_not_carried_is_told(bundle: Bundle) -> None:
    blob = next(iter(bundle.catalogue.by_digest.values())).descriptor
    other = type(blob)(blob.media_type, Digest.of(b"other"), 5)
    with pytest.raises(MissingError):
        list(SteppedBundle(bundle).read_blob(other))
