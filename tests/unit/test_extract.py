from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.errors import IntegrityError, SpaceError, UsageError
from cube_airgap.extract import extract
from cube_airgap.progress import Silent
from tests.support.bundle_factory import TinyBundle, same_tree, tiny_bundle
from tests.support.deltas import assuming
from tests.support.image_factory import image, layer, multi_arch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tiny() -> TinyBundle:
    return tiny_bundle(
        {"quay.io/a:1": image([layer({"a": b"1"})]), "quay.io/b:1": multi_arch("linux/arm64")}
    )


def unpack(tiny: TinyBundle, target: Path) -> None:
    extract(Bundle.stream(io.BytesIO(tiny.encode())), target, Silent())


def test_a_directory_that_is_not_there_is_made(tiny: TinyBundle, tmp_path: Path) -> None:
    unpack(tiny, tmp_path / "a" / "b")

    assert same_tree(tmp_path / "a" / "b", tiny)


def test_a_delta_is_refused_before_anything_is_written(tiny: TinyBundle, tmp_path: Path) -> None:
    layers = [one["digest"] for one in tiny.catalogue["blobs"] if "layer" in one["mediaType"]]

    with pytest.raises(UsageError, match="is a delta") as caught:
        unpack(assuming(tiny, layers), tmp_path / "a")

    assert "cube-bundle merge" in caught.value.remedy
    assert not (tmp_path / "a").exists()


def test_an_empty_directory_is_filled(tiny: TinyBundle, tmp_path: Path) -> None:
    unpack(tiny, tmp_path)

    assert same_tree(tmp_path, tiny)


def test_a_directory_with_something_else_is_left_alone(tiny: TinyBundle, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")

    with pytest.raises(UsageError, match="is not empty"):
        unpack(tiny, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_another_bundles_directory_is_left_alone(tiny: TinyBundle, tmp_path: Path) -> None:
    unpack(tiny_bundle({"quay.io/c:1": image()}), tmp_path)

    with pytest.raises(UsageError, match="is not empty"):
        unpack(tiny, tmp_path)


def test_an_interrupted_extraction_is_gone_on_with(tiny: TinyBundle, tmp_path: Path) -> None:
    unpack(tiny, tmp_path)
    paths = [tmp_path / one.path for one in tiny.members]
    paths[2].unlink()
    paths[3].write_bytes(b"cut by a power failure")
    untouched = paths[4].stat().st_ino

    unpack(tiny, tmp_path)

    assert same_tree(tmp_path, tiny)
    assert paths[4].stat().st_ino == untouched


def test_a_damaged_member_never_gets_its_name(tiny: TinyBundle, tmp_path: Path) -> None:
    victim = tiny.members[-1]
    tiny.catalogue["blobs"][-1]["digest"] = "sha256:" + "0" * 64

    with pytest.raises(IntegrityError, match="is damaged in the bundle"):
        unpack(tiny, tmp_path)
    assert not (tmp_path / "blobs/sha256" / ("0" * 64)).exists()
    assert not (tmp_path / victim.path).exists()


def test_nothing_is_left_of_a_member_that_could_not_be_read(
    tiny: TinyBundle, tmp_path: Path
) -> None:
    cut = io.BytesIO(tiny.encode()[:-700])

    with pytest.raises(IntegrityError):
        extract(Bundle.stream(cut), tmp_path, Silent())
    assert list(tmp_path.rglob("*~")) == []


def test_a_file_in_the_way_is_a_plain_error(tiny: TinyBundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(SpaceError, match="cannot be written"):
        unpack(tiny, tmp_path / "file")


def test_a_link_laid_where_a_member_is_written_is_not_followed(
    tiny: TinyBundle, tmp_path: Path
) -> None:
    target, precious = tmp_path / "out", tmp_path / "precious"
    unpack(tiny, target)
    (target / "index.json").unlink()
    (target / "index.json~").symlink_to(precious)

    with pytest.raises(SpaceError, match="symbolic links"):
        unpack(tiny, target)
    assert not precious.exists()
