"""The journal: what it remembers, and what survives kills, reboots and full disks."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import SpaceError, UsageError
from cube_bundle.writing import journal as module
from cube_bundle.writing.journal import Journal, JournalHeader, journal_path
from tests.support.small_disk import enlarge, small_disk

if TYPE_CHECKING:
    from pathlib import Path

HEADER = JournalHeader("request", "lock", "sha256:b", "layout")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.tar.zst"


def reopened(target: Path) -> Journal:
    with closing(Journal.open(target)) as journal:
        return journal


def begun(target: Path) -> Journal:
    journal = Journal.open(target)
    journal.begin(HEADER)
    return journal


def test_a_new_journal_is_empty_and_beside_the_bundle(target: Path) -> None:
    journal = reopened(target)
    assert (journal.header, journal.stored, journal.compressed) == (None, {}, [])
    assert journal_path(target).exists()
    assert journal_path(target).parent == target.parent


def test_events_are_remembered(target: Path) -> None:
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
        journal.stored_frame(0, 0)
        journal.stored_frame(2, 5)
        journal.compressed_frame(100)
        journal.compressed_frame(200)
        journal.blob_verified("sha256:x")
    again = reopened(target)
    assert again.header == HEADER
    assert again.stored == {0: {0, 1}, 2: {5}}
    assert again.compressed == [100, 200]
    assert again.verified == {"sha256:x"}


def test_what_is_not_trusted_is_forgotten(target: Path) -> None:
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
        journal.stored_frame(1, 1)
        for size in (10, 20, 30):
            journal.compressed_frame(size)
        journal.restart_stored(0)
        journal.cut_compressed(1)
    again = reopened(target)
    assert again.stored == {1: {1}}
    assert again.compressed == [10]


def test_a_torn_last_line_is_cut_off_and_the_next_one_whole(target: Path) -> None:
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
    with journal_path(target).open("ab") as file:
        file.write(b"stored 0 2")
    with closing(Journal.open(target)) as journal:
        assert journal.stored == {0: {1}}
        journal.stored_frame(0, 34)
    assert reopened(target).stored == {0: {1, 34}}


@pytest.mark.parametrize(
    "torn", [b"stored 0\n", b"\0\0\0\0\n", b"stored 0 x\n", b"new 1\n", b"\xff"]
)
def test_nothing_after_a_line_without_sense_counts(target: Path, torn: bytes) -> None:
    with closing(begun(target)) as journal:
        journal.compressed_frame(10)
    with journal_path(target).open("ab") as file:
        file.write(torn + b"compressed 99\n")
    with closing(Journal.open(target)) as journal:
        assert journal.compressed == [10]
        journal.compressed_frame(20)
    assert reopened(target).compressed == [10, 20]


def test_a_journal_killed_in_its_first_line_is_new(target: Path) -> None:
    journal_path(target).write_bytes(b'{"request": "r')
    assert reopened(target).header is None


@pytest.mark.parametrize("content", [b"something else\n", b"{}\n", b'{"version": 9}\n', b"[1]\n"])
def test_what_is_no_journal_is_refused(target: Path, content: bytes) -> None:
    journal_path(target).write_bytes(content)
    with pytest.raises(UsageError, match="not a journal"):
        Journal.open(target)
    assert journal_path(target).read_bytes() == content


@pytest.mark.parametrize(
    "other",
    [
        replace(HEADER, bundle="sha256:c"),
        replace(HEADER, layout="other"),
        replace(HEADER, volume_size=1),
        replace(HEADER, version=2),
    ],
)
def test_another_build_may_not_go_on(target: Path, other: JournalHeader) -> None:
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
    with (
        closing(Journal.open(target)) as journal,
        pytest.raises(UsageError, match="unfinished build of something else"),
    ):
        journal.begin(other)
    assert reopened(target).stored == {0: {1}}


def test_the_same_build_asked_for_otherwise_goes_on(target: Path) -> None:
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
    with closing(Journal.open(target)) as journal:
        journal.begin(replace(HEADER, request="other words", lock="elsewhere"))
        assert journal.stored == {0: {1}}


_HOLD = """
import sys
from pathlib import Path
from cube_bundle.writing.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_two_processes_do_not_write_one_bundle(target: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match="another build is writing") as caught:
            Journal.open(target)
        assert "wait" in caught.value.remedy
        other.kill()
    assert reopened(target).header is None


def test_a_journal_removed_while_it_was_waited_for_is_made_anew(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    removed: list[Path] = []

    def publish_first(file: int, operation: int) -> None:
        if not removed:
            removed.append(journal_path(target))
            journal_path(target).unlink()
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", publish_first)
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
    assert removed
    assert reopened(target).stored == {0: {1}}


def test_after_a_reboot_frames_are_kept_and_blobs_verified_anew(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    monkeypatch.setattr(module, "_BOOT_ID", boot)
    boot.write_text("first\n")
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
        journal.blob_verified("sha256:x")
    with closing(begun(target)) as journal:
        assert journal.verified == {"sha256:x"}
    boot.write_text("second\n")
    with closing(begun(target)) as journal:
        assert (journal.stored, journal.verified) == ({0: {1}}, set())


def test_without_a_boot_id_blobs_are_verified_anew(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BOOT_ID", tmp_path / "absent")
    with closing(begun(target)) as journal:
        journal.blob_verified("sha256:x")
    with closing(begun(target)) as journal:
        assert journal.verified == set()


def test_doubt_has_all_blobs_verified_anew(target: Path) -> None:
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
        journal.blob_verified("sha256:x")
        journal.doubt()
    with closing(begun(target)) as journal:
        assert (journal.stored, journal.verified) == ({0: {1}}, set())


def test_a_full_disk_tears_no_line(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 64 << 10) as disk:
        target = disk / "out.tar.zst"
        with closing(begun(target)) as journal:
            with pytest.raises(SpaceError, match="No space left"):
                _fill(journal)
            known = set(journal.verified)
            assert journal_path(target).read_bytes().endswith(b"\n")
        enlarge(disk, 128 << 10)
        with closing(begun(target)) as journal:
            assert journal.verified == known
            journal.blob_verified("sha256:last")
        assert reopened(target).verified == known | {"sha256:last"}


def _fill(journal: Journal) -> None:
    for number in range(100_000):
        journal.blob_verified(f"sha256:{number:061x}")


def test_a_directory_that_takes_no_journal_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match="cannot be written"):
        Journal.open(tmp_path / "absent" / "out.tar.zst")


def test_a_forgotten_journal_begins_anew(target: Path) -> None:
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
        journal.forget()
        assert (journal.header, journal.stored) == (None, {})
        journal.begin(replace(HEADER, bundle="sha256:c"))
    again = reopened(target)
    assert again.header == replace(HEADER, bundle="sha256:c")


def test_a_removed_journal_is_gone(target: Path) -> None:
    with closing(begun(target)) as journal:
        journal.remove()
    assert not journal_path(target).exists()


def test_it_is_text_that_a_person_can_read(target: Path) -> None:
    with closing(begun(target)) as journal:
        journal.stored_frame(0, 1)
    first, *events = journal_path(target).read_text().splitlines()
    assert json.loads(first)["bundle"] == "sha256:b"
    assert events[-1] == "stored 0 1"


def test_a_link_in_its_place_is_not_followed(target: Path) -> None:
    precious = target.with_name("precious")
    precious.write_text("kept")
    journal_path(target).symlink_to(precious)
    with pytest.raises(SpaceError, match="symbolic links"):
        Journal.open(target)
    assert precious.read_text() == "kept"


def test_a_line_without_sense_and_what_follows_leave_the_file(target: Path) -> None:
    begun(target).close()
    whole = journal_path(target).read_bytes()
    journal_path(target).write_bytes(whole + b"\0\0\0\0\nverified sha256:x\n")
    reopened(target)
    assert journal_path(target).read_bytes() == whole
