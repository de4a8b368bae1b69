"""Which images are loaded, and under which names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.errors import MissingError, SpaceError
from cube_airgap.platforms import Platform
from cube_airgap.relocation import default_relocation
from cube_install.runtime.loading import Names, Naming, chosen, load_images
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import image, layer
from tests.support.noting_progress import NotingProgress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_install.runtime.image_archive import LoadableImage

APP, BOARD = "docker.io/library/app:1", "ccr.ccs.tencentyun.com/cube-studio/board:2026"
IMAGES = {APP: image([layer({"a": b"a"})]), BOARD: image([layer({"b": b"b"})])}
FULL = SpaceError("the disk is full", remedy="make room")


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Bundle]:
    tiny = tiny_bundle(IMAGES)
    tiny.catalogue["images"][0]["component"] = "board"
    with Bundle.open(tiny.write(tmp_path / "b.tar.zst")) as found:
        yield found


AMD64 = Platform("linux", "amd64")


@dataclass
class FakeRuntime:
    """It has the images in `there`; those in `full` find no room."""

    there: set[str] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    sent: list[tuple[str, ...]] = field(default_factory=list)
    platform: Platform = AMD64

    def named(self, one: LoadableImage) -> bool:
        return one.names[0] in self.there

    def load(self, one: LoadableImage, archive: Iterator[bytes]) -> None:
        assert sum(len(piece) for piece in archive) > one.size
        if one.names[0] in self.full:
            raise FULL
        self.sent.append(one.names)


def names(naming: Naming = Naming.BOTH) -> Names:
    return Names(naming, default_relocation(), "harbor.example")


def load(bundle: Bundle, runtime: FakeRuntime, naming: Naming = Naming.BOTH) -> NotingProgress:
    progress = NotingProgress()
    load_images(bundle, chosen(bundle, (), ()), runtime, names(naming), progress)
    return progress


@pytest.mark.parametrize(
    ("naming", "wanted"),
    [
        (Naming.ORIGIN, (BOARD,)),
        (Naming.SITE, ("harbor.example/cube-studio/board:2026",)),
        (Naming.BOTH, (BOARD, "harbor.example/cube-studio/board:2026")),
    ],
)
def test_an_image_gets_the_names_that_are_wished(
    bundle: Bundle, naming: Naming, wanted: tuple[str, ...]
) -> None:
    runtime = FakeRuntime()
    load(bundle, runtime, naming)
    assert wanted in runtime.sent


def test_what_is_there_is_not_sent(bundle: Bundle) -> None:
    runtime = FakeRuntime(there={APP})
    load(bundle, runtime)
    assert [one[0] for one in runtime.sent] == [BOARD]


def test_one_that_fails_keeps_no_other_from_being_loaded(bundle: Bundle) -> None:
    runtime = FakeRuntime(full={BOARD})
    with pytest.raises(SpaceError):
        load(bundle, runtime)
    assert [one[0] for one in runtime.sent] == [APP]


@pytest.mark.parametrize(
    ("components", "patterns", "wanted"),
    [
        ((), (), {APP, BOARD}),
        ((), ("app:1",), {APP}),
        ((), ("*board*",), {BOARD}),
        (("board",), (), {BOARD}),
        (("board",), ("docker.io/*",), {APP, BOARD}),
    ],
)
def test_images_are_chosen_by_component_and_name(
    bundle: Bundle, components: tuple[str, ...], patterns: tuple[str, ...], wanted: set[str]
) -> None:
    assert {str(one.reference) for one in chosen(bundle, components, patterns)} == wanted


@pytest.mark.parametrize(("components", "patterns"), [(("none",), ()), ((), ("none:1",))])
def test_what_fits_nothing_is_told(
    bundle: Bundle, components: tuple[str, ...], patterns: tuple[str, ...]
) -> None:
    with pytest.raises(MissingError, match="none"):
        chosen(bundle, components, patterns)
