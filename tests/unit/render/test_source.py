"""What rendering reads of a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.errors import MissingError
from cube_install.render.source import StackSource
from tests.support.made_plan import build, plan_of
from tests.support.memory_source import MemorySource
from tests.support.rendering import FILES, IMAGES, MODEL, source, stack_bundle

if TYPE_CHECKING:
    from pathlib import Path


def test_a_bundle_gives_its_stack_and_what_it_carries(tmp_path: Path) -> None:
    with Bundle.open(stack_bundle(tmp_path / "b.tar.zst")) as bundle:
        found = StackSource.of(bundle)
        assert found.bundle == bundle.catalogue.digest
    assert found.stack.files == FILES
    assert found.seeds == source().seeds
    assert found.images == IMAGES
    assert [(one.url, one.name) for one in found.assets] == [(MODEL, "zoo/net-v1.onnx")]


def test_a_bundle_without_a_stack_is_told(tmp_path: Path) -> None:
    build(plan_of(MemorySource({}), ()), tmp_path / "b.tar.zst")
    with (
        Bundle.open(tmp_path / "b.tar.zst") as bundle,
        pytest.raises(MissingError, match="carries no stack"),
    ):
        StackSource.of(bundle)
