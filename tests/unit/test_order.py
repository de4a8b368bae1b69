"""An order meets what an earlier one left: its own is gone on with, another's is not touched."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.progress import Silent
from cube_airgap.registry.registries import Registries
from cube_airgap.registry.web_files import WebFiles
from cube_airgap.signature import SigningKey
from cube_bundle.assets.resolution import AssetResolver
from cube_bundle.build import Target
from cube_bundle.image_request import ImageRequest
from cube_bundle.lock import Lock
from cube_bundle.order import Order, lock_path, prepared
from cube_bundle.resolution import Resolver
from cube_bundle.sources import ImageOrigin
from cube_bundle.writing.journal import Journal, JournalHeader, journal_path
from tests.support import image_factory as make
from tests.support.registry_access import plain_access
from tests.support.signing_keys import key_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_bundle.order import Prepared
    from tests.support.real_registry import RealRegistry

OLD, NEW = make.image(), make.image(labels={"moved": "yes"})


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def order(tmp_path: Path, registry: RealRegistry) -> Order:
    """For an image whose tag will move, to be built where nothing is yet."""
    name = registry.push("order/app", "1", OLD)
    return Order(Target(tmp_path / "out.tar.zst"), (ImageRequest(ImageOrigin.parse(name)),))


def prepare(opened: ExitStack, order: Order) -> Prepared:
    access = plain_access(*(one.origin.reference.host for one in order.requests))
    registries = opened.enter_context(Registries(access))
    resolver = Resolver(registries, order.target.path, 1, Silent())
    files = opened.enter_context(WebFiles(access))
    assets = AssetResolver(files, order.target.path, 1, Silent())
    return opened.enter_context(prepared(order, resolver, assets))


def leave_unfinished(ready: Prepared, request: str, lock: str | None = None) -> None:
    """What a build of `ready` leaves when it is killed at its beginning."""
    header = JournalHeader(
        request=request,
        lock=ready.lock.encode().decode() if lock is None else lock,
        bundle=str(ready.plan.catalogue.digest),
        layout=ready.plan.layout.fingerprint,
    )
    with closing(Journal.open(ready.order.target.path)) as journal:
        journal.begin(header)


def test_its_own_unfinished_build_is_gone_on_with_after_the_tag_moved(
    opened: ExitStack, order: Order, registry: RealRegistry
) -> None:
    leave_unfinished(prepare(opened, order), order.fingerprint)
    registry.push("order/app", "1", NEW)
    ready = prepare(opened, order)
    assert ready.is_continuation
    assert [str(one.digest) for one in ready.lock.images] == [OLD.digest]


def test_an_unfinished_build_whose_image_is_gone_tells_how_to_begin_anew(
    opened: ExitStack, order: Order, registry: RealRegistry
) -> None:
    lock = prepare(opened, order).lock
    gone = replace(lock.images[0], digest=Digest.of(b"gone"))
    leave_unfinished(prepare(opened, order), order.fingerprint, Lock((gone,)).encode().decode())
    with pytest.raises(MissingError) as caught:
        prepare(opened, order)
    assert f"delete {order.target.path}.part and {order.target.path}.part.journal" in (
        caught.value.remedy
    )


def test_the_digests_of_another_orders_unfinished_build_are_not_taken(
    opened: ExitStack, order: Order, registry: RealRegistry
) -> None:
    leave_unfinished(prepare(opened, order), "another request")
    registry.push("order/app", "1", NEW)
    ready = prepare(opened, order)
    assert not ready.is_continuation
    assert [str(one.digest) for one in ready.lock.images] == [NEW.digest]
    journal = journal_path(order.target.path)
    before = journal.read_bytes()
    with pytest.raises(UsageError, match="belongs to an unfinished build of something else"):
        ready.carry_out(1, Silent())
    assert journal.read_bytes() == before


def test_a_journal_whose_lock_does_not_read_is_not_gone_on_with(
    opened: ExitStack, order: Order
) -> None:
    leave_unfinished(prepare(opened, order), order.fingerprint, lock="no lock")
    assert not prepare(opened, order).is_continuation


def test_orders_that_differ_have_different_fingerprints(order: Order) -> None:
    (one,) = order.requests
    others = [
        replace(order, requests=()),
        replace(order, requests=(replace(one, component="web"),)),
    ]
    assert len({order.fingerprint, *(other.fingerprint for other in others)}) == 3
    assert replace(order, target=Target(order.target.path, 10)).fingerprint == order.fingerprint


def test_an_unfinished_bundle_is_gone_on_with_by_the_key_that_it_was_begun_with_alone(
    order: Order, opened: ExitStack, tmp_path: Path
) -> None:
    keys = [SigningKey.read(key_pair(tmp_path, name).private) for name in ("one", "another")]
    signed, other = (replace(order, sign_key=key) for key in keys)
    assert len({one.fingerprint for one in (order, signed, other)}) == 3
    leave_unfinished(prepare(opened, signed), signed.fingerprint)

    for one in (order, other):
        with pytest.raises(UsageError, match="an unfinished build of something else"):
            prepare(opened, one).carry_out(1, Silent())
    built = prepare(opened, signed).carry_out(1, Silent())

    assert built.signature == prepare(opened, signed).plan.signature


def test_a_path_where_no_bundle_can_be_is_told_before_any_registry_is_asked(
    opened: ExitStack, tmp_path: Path
) -> None:
    nowhere = ImageRequest(ImageOrigin.parse("127.0.0.1:1/app:1"))
    with pytest.raises(UsageError, match="there is no directory"):
        prepare(opened, Order(Target(tmp_path / "absent" / "out.tar.zst"), (nowhere,)))


def test_a_lock_that_says_the_same_keeps_its_comments(opened: ExitStack, order: Order) -> None:
    ready = prepare(opened, order)
    path = lock_path(order.target.path)
    path.write_bytes(b"# reviewed\n" + ready.lock.encode())
    ready.carry_out(1, Silent())
    assert path.read_bytes() == b"# reviewed\n" + ready.lock.encode()


def test_a_lock_that_says_something_else_is_written_over(opened: ExitStack, order: Order) -> None:
    ready = prepare(opened, order)
    path = lock_path(order.target.path)
    path.write_text("version: 1\nimages: []\n")
    ready.carry_out(1, Silent())
    assert path.read_bytes() == ready.lock.encode()
