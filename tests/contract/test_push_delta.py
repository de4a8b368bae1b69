"""Pushing deltas into registries that have what they assume, elsewhere, in part, or not at all."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError, SeveralErrors
from cube_push.checks import Missing
from cube_push.outcome import State
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.deltas import assuming
from tests.support.harbor.double import running_double
from tests.support.harbor.faults import Fault
from tests.support.harbor.harbors import HARBORS, open_harbor
from tests.support.harbor.pushing import Site
from tests.support.memory_source import noise
from tests.support.pushing import PROJECT, push, requests_seen, served, uploads_finished
from tests.support.real_registry import RealRegistry, running_registry
from tests.support.registry_access import plain_access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_push.outcome import Outcome

BASE = make.layer({"base": noise(100_000, 1)}, "none")
TOP = make.layer({"top": noise(50_000, 2)}, "none")
WEB = make.image([BASE, TOP])
NAME = "quay.io/team/web:2"
OLD_NAME = "quay.io/team/old:1"
OLD = make.image([BASE])
CARRIER = "sha256:" + "c" * 64
BASE_DIGEST = make.digest_of(BASE.data)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RealRegistry]:
    with running_registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def delta(tmp_path: Path) -> Path:
    made = assuming(tiny_bundle({NAME: WEB}), [BASE_DIGEST], CARRIER)
    return made.write(tmp_path / "delta.tar.zst")


def pushed(registry: RealRegistry, bundle: Path) -> Outcome:
    return push(bundle, registry.host, plain_access(registry.host))


def test_what_only_another_repository_has_is_mounted_from_there(
    empty: RealRegistry, delta: Path
) -> None:
    empty.push(f"{PROJECT}/quay.io/team/old", "1", OLD)

    outcome = pushed(empty, delta)

    assert [one.state for one in outcome.images] == [State.PUSHED]
    assert outcome.traffic.mounted == 1
    assert served(empty, "quay.io/team/web", "2") == (WEB.digest, make.OCI_MANIFEST)


def test_what_another_project_has_alone_is_not_there(empty: RealRegistry, delta: Path) -> None:
    empty.push("elsewhere/old", "1", OLD)

    with pytest.raises(MissingError, match=BASE_DIGEST):
        pushed(empty, delta)


def test_a_missing_blob_is_told_with_its_images_and_its_bundle_and_nothing_is_written(
    empty: RealRegistry, delta: Path
) -> None:
    with pytest.raises(MissingError) as caught:
        pushed(empty, delta)

    assert all(told in caught.value.what for told in (BASE_DIGEST, CARRIER, NAME))
    assert {method for method, _, _ in requests_seen(empty)} <= {"GET", "HEAD"}


def test_every_missing_blob_is_told_at_once(empty: RealRegistry, tmp_path: Path) -> None:
    both = [BASE_DIGEST, make.digest_of(TOP.data)]
    path = assuming(tiny_bundle({NAME: WEB}), both).write(tmp_path / "delta.tar.zst")

    with pytest.raises(SeveralErrors) as caught:
        pushed(empty, path)

    assert sorted(both) == sorted(
        digest for digest in both for one in caught.value.errors if digest in one.what
    )


def test_of_very_many_missing_blobs_the_rest_is_counted(
    empty: RealRegistry, tmp_path: Path
) -> None:
    layers = [make.layer({"one": str(number).encode()}) for number in range(60)]
    gone = [make.digest_of(one.data) for one in layers]
    bundle = assuming(tiny_bundle({NAME: make.image(layers)}), gone, CARRIER)

    with pytest.raises(SeveralErrors) as caught:
        pushed(empty, bundle.write(tmp_path / "delta.tar.zst"))

    *named, last = caught.value.errors
    assert len(named) == 50
    assert "10 more blobs, not in the bundle" in last.what
    assert CARRIER in last.what


def test_a_registry_that_lists_nothing_is_asked_where_the_images_go(
    empty: RealRegistry, tmp_path: Path
) -> None:
    """The first repository that needs the blob lacks it, and the other one has it."""
    names = {"quay.io/team/a:1": WEB, "quay.io/team/b:1": OLD}
    path = assuming(tiny_bundle(names), [BASE_DIGEST]).write(tmp_path / "delta.tar.zst")
    empty.push(f"{PROJECT}/quay.io/team/b", "0", make.image([BASE], labels={"older": "yes"}))

    outcome = pushed(empty, path)

    assert {one.state for one in outcome.images} == {State.PUSHED}
    assert not any(path.startswith("/v2/_catalog") for _, path, _ in requests_seen(empty))
    assert served(empty, "quay.io/team/a", "1")[0] == WEB.digest


def test_a_blob_that_the_storage_lost_is_missing_though_its_image_is_there(
    empty: RealRegistry, tmp_path: Path
) -> None:
    whole = tiny_bundle({OLD_NAME: OLD}).write(tmp_path / "whole.tar.zst")
    pushed(empty, whole)
    empty.blob_path(BASE_DIGEST).unlink()
    both = assuming(tiny_bundle({OLD_NAME: OLD, NAME: WEB}), [BASE_DIGEST], CARRIER)

    with pytest.raises(MissingError, match=BASE_DIGEST):
        pushed(empty, both.write(tmp_path / "delta.tar.zst"))


def test_a_push_that_lost_its_end_is_gone_on_with(empty: RealRegistry, delta: Path) -> None:
    """The layer that the delta carries is there, and no manifest."""
    empty.push(f"{PROJECT}/quay.io/team/old", "1", OLD)
    empty.push(f"{PROJECT}/quay.io/team/web", "half", make.image([TOP]))

    outcome = pushed(empty, delta)

    assert outcome.errors == ()
    assert uploads_finished(empty)[make.digest_of(TOP.data)] == 1
    assert served(empty, "quay.io/team/web", "2")[0] == WEB.digest
    assert [one.state for one in pushed(empty, delta).images] == [State.THERE]


def test_a_blob_that_may_not_be_mounted_fails_its_image_with_a_way_out(tmp_path: Path) -> None:
    with running_double(tmp_path) as double:
        site = Site(double.running, tmp_path, "delta")
        site.push(tiny_bundle({OLD_NAME: OLD}), Missing.CREATED)
        double.faults.plan(Fault(r"POST .*/blobs/uploads/\?mount", 404))

        outcome = site.push(assuming(tiny_bundle({NAME: WEB}), [BASE_DIGEST]), Missing.REFUSED)

        (error,) = outcome.errors
        assert BASE_DIGEST in error.what
        assert "cube-bundle merge" in error.remedy


@pytest.mark.parametrize("name", HARBORS)
def test_harbor_is_searched_too_and_makes_no_project_for_a_delta(name: str, tmp_path: Path) -> None:
    with open_harbor(name, tmp_path) as harbor:
        site = Site(harbor, tmp_path, f"delta-{secrets.token_hex(4)}")
        delta = assuming(tiny_bundle({NAME: WEB}), [BASE_DIGEST], CARRIER)
        with pytest.raises(MissingError, match=f"no project {site.project}") as caught:
            site.push(delta, Missing.CREATED)
        assert "push the older bundles into this one first" in caught.value.remedy
        site.push(tiny_bundle({OLD_NAME: OLD}), Missing.CREATED)

        outcome = site.push(delta, Missing.CREATED)

        assert [one.state for one in outcome.images] == [State.PUSHED]
        assert outcome.traffic.mounted == 1
        assert site.digest("quay.io/team/web", "2") == WEB.digest
