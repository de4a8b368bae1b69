"""Deltas that leave out whole images: a real registry shows them, has their parts, or lost them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError, SeveralErrors
from cube_push.outcome import State
from cube_push.sparse_indexes import SparseIndex
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.deltas import assuming_images
from tests.support.pushing import PROJECT, push, requests_seen, served, with_referrers, without
from tests.support.real_registry import RealRegistry, running_registry
from tests.support.registry_access import plain_access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_push.outcome import Outcome
    from tests.support.bundle_factory import TinyBundle

WEB = make.image([make.layer({"web": b"web"})])
APP = make.image([make.layer({"app": b"app"})])
ARM = make.image(platform="linux/arm64")
MULTI = make.index([WEB, ARM])
SIGNATURE = make.artifact(subject=WEB)
NAME, APP_NAME = "quay.io/team/web:1", "quay.io/team/app:1"
CARRIER = "sha256:" + "c" * 64


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RealRegistry]:
    with running_registry(tmp_path / "registry") as running:
        yield running


def delta_of(*names: str, narrowed: str = "") -> TinyBundle:
    """A delta that carries the application, and assumes the images called `names`."""
    images = {NAME: MULTI if narrowed else WEB, APP_NAME: APP}
    return assuming_images(tiny_bundle(images), names, CARRIER, narrowed)


def pushed(registry: RealRegistry, bundle: TinyBundle, path: Path, **more: SparseIndex) -> Outcome:
    made = bundle.write(path / "delta.tar.zst")
    return push(made, registry.host, plain_access(registry.host), **more)  # type: ignore[arg-type]


def states(outcome: Outcome) -> dict[str, State]:
    return {str(one.origin): one.state for one in outcome.images}


def test_one_that_is_shown_costs_one_head(empty: RealRegistry, tmp_path: Path) -> None:
    empty.push(f"{PROJECT}/quay.io/team/web", "1", WEB)
    before = len(empty.log.read_text())

    outcome = pushed(empty, delta_of(NAME), tmp_path)

    assert states(outcome) == {NAME: State.THERE, APP_NAME: State.PUSHED}
    (web,) = outcome.of_state(State.THERE)
    assert (str(web.digest), str(web.origin_digest)) == (WEB.digest, WEB.digest)
    asked = [(method, path) for method, path, _ in requests_seen(empty, before) if "web" in path]
    assert asked == [("HEAD", f"/v2/{PROJECT}/quay.io/team/web/manifests/1")]


def test_one_that_was_narrowed_when_it_came_is_known_by_that(
    empty: RealRegistry, tmp_path: Path
) -> None:
    empty.push(f"{PROJECT}/quay.io/team/web", "1", WEB)

    outcome = pushed(empty, delta_of(NAME, narrowed=WEB.digest), tmp_path)

    (web,) = outcome.of_state(State.THERE)
    assert (str(web.digest), str(web.origin_digest)) == (WEB.digest, MULTI.digest)
    assert web.is_narrowed


def test_a_tag_that_was_moved_inside_is_put_back(empty: RealRegistry, tmp_path: Path) -> None:
    empty.push(f"{PROJECT}/quay.io/team/web", "1", WEB)
    empty.push(f"{PROJECT}/quay.io/team/web", "1", APP)

    outcome = pushed(empty, delta_of(NAME), tmp_path)

    assert outcome.errors == ()
    assert states(outcome)[NAME] is State.PUSHED
    assert served(empty, "quay.io/team/web", "1")[0] == WEB.digest


def test_one_that_another_repository_has_is_put_where_it_belongs(
    empty: RealRegistry, tmp_path: Path
) -> None:
    empty.push(f"{PROJECT}/elsewhere", "x", WEB)

    outcome = pushed(empty, delta_of(NAME), tmp_path)

    assert outcome.errors == ()
    assert served(empty, "quay.io/team/web", "1")[0] == WEB.digest
    assert outcome.traffic.mounted == len(WEB.body["layers"]) + 1


def test_a_lost_one_is_told_with_its_bundle_and_nothing_is_written(
    empty: RealRegistry, tmp_path: Path
) -> None:
    with pytest.raises(MissingError) as caught:
        pushed(empty, delta_of(NAME), tmp_path)

    assert NAME in caught.value.what
    assert CARRIER in caught.value.what
    assert {method for method, _, _ in requests_seen(empty)} <= {"GET", "HEAD"}


def test_one_of_which_a_layer_was_lost_is_told(empty: RealRegistry, tmp_path: Path) -> None:
    """Its tag is gone too: of a tag that is there nobody looks at the layers."""
    empty.push(f"{PROJECT}/quay.io/team/web", "other", WEB)
    empty.blob_path(WEB.body["layers"][0]["digest"]).unlink()

    with pytest.raises(MissingError, match=WEB.body["layers"][0]["digest"]):
        pushed(empty, delta_of(NAME), tmp_path)


def test_very_many_lost_ones_are_counted(empty: RealRegistry, tmp_path: Path) -> None:
    names = {f"quay.io/team/{number}:1": WEB for number in range(60)}
    bundle = assuming_images(tiny_bundle(names), list(names), CARRIER)

    with pytest.raises(SeveralErrors) as caught:
        pushed(empty, bundle, tmp_path)

    assert len(caught.value.errors) == 51
    assert "10 more images" in caught.value.errors[-1].what


def test_a_lost_signature_counts_as_a_lost_image(empty: RealRegistry, tmp_path: Path) -> None:
    empty.push(f"{PROJECT}/quay.io/team/web", "1", WEB)

    def delta() -> TinyBundle:
        signed = with_referrers({NAME: WEB}, {NAME: [(SIGNATURE, "")]})
        return assuming_images(signed, [NAME], CARRIER)

    with pytest.raises(MissingError, match=NAME):
        pushed(empty, delta(), tmp_path)

    empty.push(f"{PROJECT}/quay.io/team/web", "sig", SIGNATURE)
    outcome = pushed(empty, delta(), tmp_path)
    assert states(outcome) == {NAME: State.THERE}


def test_where_indexes_are_to_be_kept_a_narrowed_one_does_not_do(
    empty: RealRegistry, tmp_path: Path
) -> None:
    pushed(empty, without(tiny_bundle({NAME: MULTI}), [ARM]), tmp_path)
    delta = delta_of(NAME, narrowed=WEB.digest)

    with pytest.raises(MissingError, match=MULTI.digest):
        pushed(empty, delta, tmp_path, sparse=SparseIndex.KEEP)
