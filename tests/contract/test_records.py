"""Records of what was installed, in a real registry."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import oras.provider  # type: ignore[import-untyped]
import pytest

from cube_airgap.catalogue import Catalogue
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, SpaceError
from cube_airgap.reference import Reference
from cube_airgap.registry.registries import Registries
from cube_push.outcome import ImageOutcome, Outcome, State, Traffic
from cube_push.record.keeping import keep_record
from cube_push.record.record import RELOCATION_TYPE, Installed, Record, Records
from tests.support import image_factory as make
from tests.support.registry_access import plain_access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_airgap.errors import AirgapError
    from tests.support.real_registry import RealRegistry

CATALOGUE = b'{"a catalogue": 1}\n'
INSTALLED = Installed(Digest.of(CATALOGUE), "2026-01-02T03:04:05Z", 2, 3)
TAG = INSTALLED.bundle.short


@pytest.fixture
def records(registry: RealRegistry) -> Iterator[Records]:
    with Registries(plain_access(registry.host)) as registries:
        project = f"records-{secrets.token_hex(4)}"
        yield Records(registries.destination(registry.host), project)


def history(records: Records) -> tuple[Record, ...]:
    unreadable: list[AirgapError] = []
    found = records.history(unreadable.append)
    assert unreadable == []
    return found


def test_without_any_the_history_is_empty(records: Records) -> None:
    assert history(records) == ()


def test_what_was_recorded_is_read_again(records: Records) -> None:
    assert records.add(INSTALLED, b"relocation", CATALOGUE) == f"0001-{TAG}"
    (record,) = history(records)
    assert record.installed == INSTALLED
    assert record.files == (Digest.of(b"relocation"), Digest.of(CATALOGUE))
    assert records.relocation(record) == b"relocation"


def test_the_same_is_recorded_once(records: Records) -> None:
    records.add(INSTALLED, b"relocation", CATALOGUE)
    assert records.add(INSTALLED, b"relocation", CATALOGUE) is None
    assert len(history(records)) == 1


def test_what_changes_is_another_record_and_the_old_ones_stay(records: Records) -> None:
    first = records.add(INSTALLED, b"one", CATALOGUE)
    second = records.add(INSTALLED, b"two", CATALOGUE)
    third = records.add(INSTALLED, b"one", CATALOGUE)
    assert [record.tag for record in history(records)] == [first, second, third]
    assert (third or "").startswith("0003-")


def test_other_tags_are_no_records(records: Records, registry: RealRegistry) -> None:
    registry.push(records.repository, "latest", make.image())
    assert history(records) == ()


def test_a_tag_like_a_record_s_that_is_none_is_told(
    records: Records, registry: RealRegistry
) -> None:
    registry.push(records.repository, f"0001-{TAG}", make.image())
    unreadable: list[AirgapError] = []
    assert records.history(unreadable.append) == ()
    assert f"0001-{TAG} is no record" in unreadable[0].what
    assert "delete that tag" in unreadable[0].remedy


def test_what_somebody_else_put_among_the_records_keeps_no_new_one_from_being_written(
    records: Records, registry: RealRegistry
) -> None:
    registry.push(records.repository, f"0007-{TAG}", make.image())
    assert records.add(INSTALLED, b"relocation", CATALOGUE) == f"0008-{TAG}"


def test_records_are_counted_on_beyond_four_digits(
    records: Records, registry: RealRegistry
) -> None:
    for number in ("9999", "10000"):
        registry.push(records.repository, f"{number}-{TAG}", make.image())
    assert records.tags() == (f"9999-{TAG}", f"10000-{TAG}")
    assert records.add(INSTALLED, b"relocation", CATALOGUE) == f"10001-{TAG}"


def test_a_push_that_was_stopped_is_not_recorded(records: Records) -> None:
    name = Reference.parse("h.example/p/app:1")
    there = ImageOutcome(name, name, State.THERE, INSTALLED.bundle, INSTALLED.bundle)
    full = SpaceError("full", remedy="make room")
    outcome = Outcome(INSTALLED.bundle, (there,), Traffic(), full)
    catalogue = Catalogue((), (), (), ())
    assert keep_record(outcome, catalogue, b"relocation", records) is None
    assert keep_record(replace(outcome, stopped=None), catalogue, b"relocation", records)


@pytest.mark.parametrize(
    "strange",
    [
        replace(INSTALLED, created="\x1b]0;title\x07"),
        replace(INSTALLED, images=10**12),
        replace(INSTALLED, bundle_images=-1),
    ],
    ids=["what acts on a terminal", "a count beyond reason", "a count below zero"],
)
def test_a_record_that_no_push_can_have_written_is_none(
    records: Records, strange: Installed
) -> None:
    tag = records.add(strange, b"relocation", CATALOGUE)
    with pytest.raises(IntegrityError, match="annotations are not those") as caught:
        records.read(tag or "")
    assert f"{records.repository}:{tag}" in caught.value.what


def test_a_damaged_relocation_is_not_believed(records: Records, registry: RealRegistry) -> None:
    records.add(INSTALLED, b"relocation of this test alone", CATALOGUE)
    (record,) = history(records)
    registry.blob_path(str(record.files[0])).write_bytes(b"relocation of that test alone")
    with pytest.raises(IntegrityError):
        records.relocation(record)


def test_another_client_reads_a_record(
    records: Records, registry: RealRegistry, tmp_path: Path
) -> None:
    tag = records.add(INSTALLED, b"relocation", CATALOGUE)
    client = oras.provider.Registry(insecure=True)
    try:
        client.pull(f"{registry.host}/{records.repository}:{tag}", outdir=str(tmp_path))
    finally:
        client.session.close()
    assert (tmp_path / "relocation.yaml").read_bytes() == b"relocation"
    assert (tmp_path / "bundle.json").read_bytes() == CATALOGUE


def test_the_manifest_is_the_same_for_the_same_record(
    registry: RealRegistry, records: Records
) -> None:
    other = Records(records._artifacts._destination, f"{records.repository}/other")
    for one in (records, other):
        one.add(INSTALLED, b"relocation", CATALOGUE)
    (first,), (second,) = history(records), history(other)
    assert first == second
    manifest = records._artifacts.manifest(first.tag)
    assert manifest.digest == other._artifacts.manifest(second.tag).digest
    assert json.loads(manifest.raw)["layers"][0]["mediaType"] == RELOCATION_TYPE
