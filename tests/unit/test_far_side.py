"""What is known of the far side, from each kind of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.have_list import HaveList
from cube_airgap.progress import Silent
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.registries import Registries
from cube_bundle.far_side import Evidence, FarSide
from cube_bundle.image_request import ImageRequest
from cube_bundle.lock import Lock
from cube_bundle.resolution import Resolver, Selection
from cube_bundle.sources import ImageOrigin
from tests.support.bundle_factory import tiny_bundle
from tests.support.deltas import assuming
from tests.support.image_factory import digest_of, image, layer, write_oci_layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "quay.io/team/app:1"
BASE, TOP = layer({"base": b"base"}), layer({"top": b"top"})
APP = image([BASE, TOP])
BASE_DIGEST, TOP_DIGEST = (Digest.parse(digest_of(one.data)) for one in (BASE, TOP))
OTHER = Digest.of(b"other")


@pytest.fixture
def resolver(tmp_path: Path) -> Iterator[Resolver]:
    with Registries(RegistryAccess()) as registries:
        yield Resolver(registries, tmp_path / "staging", 1, Silent())


def test_nothing_is_known_without_evidence(resolver: Resolver) -> None:
    assert not Evidence().read(resolver).has(BASE_DIGEST)


def test_a_bundle_has_its_blobs_and_is_their_carrier(resolver: Resolver, tmp_path: Path) -> None:
    bundle = tiny_bundle({NAME: APP})
    path = bundle.write(tmp_path / "b.tar.zst")

    known = Evidence(since=(path,)).read(resolver)

    assert known.carrier(BASE_DIGEST) == Digest.of(bundle.raw_catalogue)
    assert not known.has(OTHER)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_a_delta_assumes_is_its_older_bundles(
    resolver: Resolver, tmp_path: Path, order: tuple[int, int]
) -> None:
    base = "sha256:" + "b" * 64
    delta = assuming(tiny_bundle({NAME: APP}), [str(BASE_DIGEST)], base)
    unknown = assuming(tiny_bundle({NAME: APP}), [str(BASE_DIGEST), str(TOP_DIGEST)])
    paths = [delta.write(tmp_path / "d.tar.zst"), unknown.write(tmp_path / "u.tar.zst")]

    known = Evidence(since=(paths[order[0]], paths[order[1]])).read(resolver)

    assert known.carrier(BASE_DIGEST) == Digest.parse(base)
    assert known.carrier(TOP_DIGEST) == Digest.of(delta.raw_catalogue)


def test_a_locks_blobs_are_looked_up_and_no_bundle_is_named(
    resolver: Resolver, tmp_path: Path
) -> None:
    write_oci_layout(tmp_path / "layout", {NAME: APP})
    request = ImageRequest(ImageOrigin.parse(f"oci:{tmp_path / 'layout'}:{NAME}"))
    (tree,) = resolver.resolve([request], Selection())
    path = tmp_path / "old.lock.yaml"
    path.write_bytes(Lock((tree.image,)).encode())

    known = Evidence(since=(path,)).read(resolver)

    assert known.has(BASE_DIGEST)
    assert known.carrier(BASE_DIGEST) is None


def test_a_have_list_tells_by_the_first_digits(resolver: Resolver, tmp_path: Path) -> None:
    path = tmp_path / "have.json"
    path.write_bytes(HaveList.of("harbor.example", [("site/app", BASE_DIGEST)]).encode())

    known = Evidence(have=(path,)).read(resolver)

    assert known.has(BASE_DIGEST)
    assert not known.has(TOP_DIGEST)
    assert known.carrier(BASE_DIGEST) is None


def test_what_is_no_have_list_is_told_with_its_name(resolver: Resolver, tmp_path: Path) -> None:
    path = tmp_path / "have.json"
    path.write_bytes(b"<html>")

    with pytest.raises(UsageError, match=r"have\.json"):
        Evidence(have=(path,)).read(resolver)
    with pytest.raises(MissingError, match=r"gone\.json"):
        Evidence(have=(tmp_path / "gone.json",)).read(resolver)


def test_a_carrier_is_known_of_what_is_inside_only() -> None:
    known = FarSide({BASE_DIGEST: OTHER})

    assert (known.carrier(BASE_DIGEST), known.carrier(TOP_DIGEST)) == (OTHER, None)
