"""Making deltas whole: what is taken from where, and what is told when it cannot be."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_airgap.progress import Silent
from cube_airgap.verify import verify
from cube_bundle.build import Target
from cube_bundle.merging import Merging
from tests.support.bundle_factory import tiny_bundle
from tests.support.deltas import assuming
from tests.support.image_factory import digest_of, image, layer
from tests.support.memory_source import noise

if TYPE_CHECKING:
    from pathlib import Path

    from cube_bundle.build import Built
    from tests.support.bundle_factory import TinyBundle

BASE, OLD, NEW = (layer({"file": noise(9_000, seed)}, "none") for seed in (1, 2, 3))
OLD_APP, NEW_APP = image([BASE, OLD]), image([BASE, NEW])
NAME = "quay.io/team/app:1"
BASE_DIGEST = digest_of(BASE.data)


def base() -> TinyBundle:
    return tiny_bundle({NAME: OLD_APP})


def delta() -> TinyBundle:
    carrier = str(Digest.of(base().raw_catalogue))
    return assuming(tiny_bundle({NAME: NEW_APP}), [BASE_DIGEST], carrier)


def merged(directory: Path, *bundles: TinyBundle, size: int = 0) -> Built:
    with ExitStack() as opened:
        paths = [one.write(directory / f"{number}.tar.zst") for number, one in enumerate(bundles)]
        *older, last = [opened.enter_context(Bundle.open(path)) for path in paths]
        return Merging(older, last).carry_out(Target(directory / "m.tar.zst", size), 2, Silent())


def test_the_result_is_the_deltas_images_without_a_gap(tmp_path: Path) -> None:
    merged(tmp_path, base(), delta())

    with Bundle.open(tmp_path / "m.tar.zst") as found:
        assert verify(found, Silent()) == ()
        assert found.catalogue.assumes == ()
        assert [str(one.digest) for one in found.catalogue.images] == [NEW_APP.digest]
        assert not found.has(Digest.parse(digest_of(OLD.data)))


def test_the_order_of_older_bundles_does_not_matter(tmp_path: Path) -> None:
    other = tiny_bundle({"quay.io/team/other:1": image([OLD])})
    (tmp_path / "again").mkdir()

    one = merged(tmp_path, base(), other, delta())
    again = merged(tmp_path / "again", other, base(), delta())

    assert one.paths[0].read_bytes() == again.paths[0].read_bytes()


def test_a_blob_that_no_bundle_has_is_told_with_the_one_that_carries_it(tmp_path: Path) -> None:
    other = tiny_bundle({"quay.io/team/other:1": image([OLD])})

    with pytest.raises(MissingError, match=BASE_DIGEST) as caught:
        merged(tmp_path, other, delta())

    assert str(Digest.of(base().raw_catalogue)) in caught.value.what
    assert not (tmp_path / "m.tar.zst").exists()


def test_a_whole_bundle_named_last_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no delta") as caught:
        merged(tmp_path, delta(), base())
    assert "last" in caught.value.remedy


def test_a_damaged_blob_of_an_older_bundle_is_told(tmp_path: Path) -> None:
    spoilt = base()
    place = next(one for one in spoilt.members if one.data == BASE.data)
    changed = b"x" + place.data[1:]
    spoilt.members[spoilt.members.index(place)] = type(place)(
        place.path, changed, place.encoded, place.large
    )

    with pytest.raises(IntegrityError, match=BASE_DIGEST) as caught:
        merged(tmp_path, spoilt, delta())
    assert "verify" in caught.value.remedy


def test_a_merge_can_be_written_in_volumes(tmp_path: Path) -> None:
    built = merged(tmp_path, base(), delta(), size=8_000)

    with Bundle.open(built.paths[0]) as found:
        assert verify(found, Silent()) == ()
    assert len(built.paths) > 2
