"""What is told of directories as nodes have them."""

from __future__ import annotations

import pytest

from cube_install.deploy.prerequisites.seen_directories import SeenDirectory, directory_faults
from cube_install.harbor.finding import Severity

DATA, MORE = "/data/k8s/mysql", "/data/k8s/minio"
GIB = 1 << 30


def shared(path: str, free: int = 100 * GIB, *, is_read_only: bool = False) -> SeenDirectory:
    return SeenDirectory(path, "nfs4", "storage:/data", free, is_read_only)


def own(path: str) -> SeenDirectory:
    return SeenDirectory(path, "ext4", "/dev/sda1", 100 * GIB)


def told(**seen: list[SeenDirectory]) -> list[tuple[Severity, str]]:
    return [(one.severity, f"{one.what} -> {one.remedy}") for one in directory_faults(seen)]


def test_shared_storage_with_room_is_no_finding() -> None:
    assert told(a=[shared(DATA)], b=[shared(DATA)]) == []


def test_a_disk_of_its_own_is_right_for_a_single_node() -> None:
    assert told(a=[own(DATA)]) == []


@pytest.mark.parametrize("other", [own(DATA), shared(DATA)])
def test_a_disk_of_its_own_is_told_where_there_are_more_nodes(other: SeenDirectory) -> None:
    ((severity, text),) = told(a=[own(DATA)], b=[other])
    assert severity is Severity.WARNING
    assert "is on a disk of the node's own" in text


def test_absent_directories_are_told_by_the_nodes_that_lack_them() -> None:
    absent = [SeenDirectory(DATA), SeenDirectory(MORE)]
    ((severity, text),) = told(
        a=absent, b=absent, c=[shared(DATA), SeenDirectory(MORE)], d=[shared(DATA), shared(MORE)]
    )
    assert severity is Severity.ERROR
    assert text.startswith(f"{DATA}, {MORE} of a, b; {MORE} of c is not there -> mount the shared")
    assert text.endswith(f"mkdir -p {MORE} {DATA}")


def test_many_nodes_are_not_all_named() -> None:
    seen = {f"n{number}": [SeenDirectory(DATA)] for number in range(7)}
    ((_, text),) = told(**seen)
    assert f"{DATA} of n0, n1, n2, n3, n4 and 2 more is not there" in text


def test_a_full_disk_is_told_with_what_is_free() -> None:
    ((severity, text),) = told(a=[shared(DATA, 5_000_000)], b=[shared(DATA)])
    assert severity is Severity.ERROR
    assert text.startswith(f"the disk of {DATA} of a is full: 5.00 MB are free")


def test_a_read_only_file_system_is_told() -> None:
    ((severity, text),) = told(a=[shared(DATA, is_read_only=True)])
    assert severity is Severity.ERROR
    assert "is read-only" in text


def test_what_could_not_be_made_is_told_with_why() -> None:
    failed = SeenDirectory.of(f"failed\t{DATA}\tmkdir: Permission denied")
    ((severity, text),) = told(a=[failed], b=[shared(DATA)])
    assert severity is Severity.ERROR
    assert f"{DATA} of a could not be made: mkdir: Permission denied" in text


def test_lines_of_the_program_are_read() -> None:
    line = f"there\t{DATA}\tnfs4\tstorage:/data\t1024\tro"
    assert SeenDirectory.of(line) == shared(DATA, 1 << 20, is_read_only=True)
    assert SeenDirectory.of(f"absent\t{DATA}") == SeenDirectory(DATA)


@pytest.mark.parametrize(
    "line", ["", "one made-up line", "there\t/data\tnfs4", "there\t/\ta\tb\tc\td"]
)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever part of it is wrong
        SeenDirectory.of(line)
