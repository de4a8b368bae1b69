"""What free threads are given to do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, NetworkError
from cube_airgap.relocation import default_relocation
from cube_push.plan import plan_push
from cube_push.schedule import Delivery, Schedule
from cube_push.standing import Found, Standing
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from cube_push.plan import ImagePush

BASE = make.layer({"base": b"base" * 5000}, "none")
ONE = make.image([BASE], labels={"n": "1"})
TWO = make.image([BASE], labels={"n": "2"})
DAMAGE = IntegrityError("damaged", remedy="none")
DAMAGE_DIGEST = Digest.of(b"nobody needs it")


@pytest.fixture
def images(tmp_path: Path) -> tuple[ImagePush, ...]:
    """Two images, each of a configuration of its own and of one layer that both have."""
    bundle = tiny_bundle({"quay.io/t/one:1": ONE, "quay.io/t/two:1": TWO})
    with Bundle.open(bundle.write(tmp_path / "b.tar.zst")) as opened:
        return plan_push(opened, default_relocation("p"), "r.example").images


def standing(holders: dict[Digest, set[str]] | None = None) -> Standing:
    return Standing((Found(None, is_complete=False),) * 2, holders or {}, ())


def base_of(images: tuple[ImagePush, ...]) -> Digest:
    return next(blob.digest for blob in images[0].blobs if "config" not in blob.media_type)


def taken(schedule: Schedule) -> Delivery:
    work = schedule.take()
    assert isinstance(work, Delivery)
    return work


def deliver(schedule: Schedule, count: int) -> list[Delivery]:
    """Take deliveries, and say of each that it is done."""
    done = []
    for _ in range(count):
        work = taken(schedule)
        schedule.delivered(work)
        done.append(work)
    return done


def test_an_image_is_given_out_as_soon_as_its_blobs_are_there(
    images: tuple[ImagePush, ...],
) -> None:
    schedule = Schedule(images, standing())
    deliver(schedule, 2)
    assert schedule.take() is images[0]


def test_a_shared_blob_is_uploaded_once_and_mounted_then(images: tuple[ImagePush, ...]) -> None:
    schedule = Schedule(images, standing())
    done = deliver(schedule, 2)
    image = schedule.take()
    assert image is images[0]
    schedule.finished(images[0])
    done += deliver(schedule, 2)
    base = base_of(images)
    holders = [one.holder for one in done if one.blob.digest == base]
    assert holders == [None, images[0].repository]
    assert [one.holder for one in done if one.blob.digest != base] == [None, None]


def test_a_blob_on_its_way_is_not_sent_to_a_second_repository(
    images: tuple[ImagePush, ...],
) -> None:
    schedule = Schedule(images, standing())
    works = [taken(schedule) for _ in range(3)]
    assert len({one.blob.digest for one in works}) == 3
    waiting: list[object] = []
    thread = threading.Thread(target=lambda: waiting.append(schedule.take()))
    thread.start()
    base = next(one for one in works if one.blob.digest == base_of(images))
    schedule.delivered(base)
    thread.join(10)
    (mount,) = waiting
    assert isinstance(mount, Delivery)
    assert (mount.blob.digest, mount.holder) == (base_of(images), images[0].repository)


def test_what_the_registry_has_is_not_delivered(images: tuple[ImagePush, ...]) -> None:
    holders = {blob.digest: {images[0].repository} for blob in images[0].blobs}
    schedule = Schedule(images[:1], standing(holders))
    assert schedule.take() is images[0]
    schedule.finished(images[0])
    assert schedule.take() is None
    assert schedule.pushed == {images[0]}


def test_a_damaged_blob_fails_every_image_that_needs_it(images: tuple[ImagePush, ...]) -> None:
    schedule = Schedule(images, standing())
    while True:
        work = taken(schedule)
        if work.blob.digest == base_of(images):
            break
        schedule.delivered(work)
    schedule.undelivered(work, DAMAGE, everywhere=True)
    assert schedule.take() is None
    assert schedule.failures == dict.fromkeys(images, DAMAGE)


def test_what_one_repository_refuses_another_one_may_take(images: tuple[ImagePush, ...]) -> None:
    schedule = Schedule(images, standing())
    failed = False
    while (work := schedule.take()) is not None:
        if not isinstance(work, Delivery):
            schedule.finished(work)
        elif work.repository == images[0].repository and work.blob.digest == base_of(images):
            failed = True
            schedule.undelivered(work, NetworkError("no", remedy="none"), everywhere=False)
        else:
            assert work.holder is None
            schedule.delivered(work)
    assert failed
    assert set(schedule.failures) == {images[0]}
    assert schedule.pushed == {images[1]}


def test_nothing_is_given_out_after_a_stop(images: tuple[ImagePush, ...]) -> None:
    schedule = Schedule(images, standing())
    schedule.take()
    error = NetworkError("down", remedy="none")
    schedule.stop(error)
    assert schedule.take() is None
    assert schedule.stopped is error


def test_threads_that_wait_end_when_nothing_is_left(images: tuple[ImagePush, ...]) -> None:
    holders = {blob.digest: {images[0].repository} for blob in images[0].blobs}
    schedule = Schedule(images[:1], standing(holders))
    assert schedule.take() is images[0]
    ended: list[object] = []
    threads = [threading.Thread(target=lambda: ended.append(schedule.take())) for _ in range(3)]
    for thread in threads:
        thread.start()
    schedule.failed(images[0], DAMAGE)
    for thread in threads:
        thread.join(10)
    assert ended == [None, None, None]


def test_what_arrives_is_given_out_when_it_does_and_the_rest_is_mounted(
    images: tuple[ImagePush, ...],
) -> None:
    schedule = Schedule(images, standing(), {blob.digest for one in images for blob in one.blobs})
    base = base_of(images)
    first = schedule.arrived(base)
    assert first is not None
    assert schedule.arrived(DAMAGE_DIGEST) is None
    schedule.delivered(first)
    second = taken(schedule)
    assert second == Delivery(images[1].repository, first.blob, images[0].repository)
    schedule.delivered(second)
    for image in images:
        own = schedule.arrived(own_of(image, base))
        assert own is not None
        schedule.delivered(own)
    assert [schedule.take() for _ in images] == list(images)


def test_what_has_not_arrived_at_the_end_leaves_its_images_alone(
    images: tuple[ImagePush, ...],
) -> None:
    schedule = Schedule(images, standing(), {blob.digest for one in images for blob in one.blobs})
    base = base_of(images)
    for digest in (base, own_of(images[0], base)):
        delivery = schedule.arrived(digest)
        assert delivery is not None
        schedule.delivered(delivery)
    schedule.arrivals_ended()
    assert schedule.take() is images[0]
    schedule.finished(images[0])
    schedule.delivered(taken(schedule))
    assert schedule.take() is None
    assert (schedule.pushed, schedule.failures) == (frozenset({images[0]}), {})


def test_what_only_failed_images_need_goes_by(images: tuple[ImagePush, ...]) -> None:
    schedule = Schedule(images, standing(), {blob.digest for one in images for blob in one.blobs})
    base = base_of(images)
    own = schedule.arrived(own_of(images[0], base))
    assert own is not None
    schedule.undelivered(own, DAMAGE, everywhere=True)
    delivery = schedule.arrived(base)
    assert delivery is not None
    assert delivery.repository == images[1].repository


def own_of(image: ImagePush, base: Digest) -> Digest:
    return next(blob.digest for blob in image.blobs if blob.digest != base)
