from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cube_airgap.disk import (
    check_space,
    free_space,
    reading_from,
    sync_directory,
    write_atomically,
    writing_to,
)
from cube_airgap.errors import IntegrityError, MissingError, SpaceError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_small_file_is_written_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x", b"one")
    write_atomically(tmp_path / "x", b"two")
    sync_directory(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"two"


def test_a_missing_directory_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match="cannot be written: No such file"):
        write_atomically(tmp_path / "none" / "x", b"")


def test_space_is_checked_beforehand(tmp_path: Path) -> None:
    check_space(tmp_path, 1)

    with pytest.raises(SpaceError, match="bytes free, and") as caught:
        check_space(tmp_path, 1 << 60)
    assert "another disk" in caught.value.remedy
    assert free_space(tmp_path) > 0


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "goes on from here"),
        (errno.EROFS, "read-only"),
        (errno.EFBIG, "--volume-size"),
        (errno.EACCES, "may write"),
    ],
)
def test_each_error_of_a_disk_has_its_remedy(tmp_path: Path, number: int, remedy: str) -> None:
    with pytest.raises(SpaceError) as caught, writing_to(tmp_path):
        raise OSError(number, "no")
    assert remedy in caught.value.remedy


def test_our_own_errors_pass_unchanged(tmp_path: Path) -> None:
    error = MissingError("x", remedy="y")
    with pytest.raises(MissingError) as caught, writing_to(tmp_path):
        raise error
    assert caught.value is error


def test_a_disk_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    with (
        pytest.raises(IntegrityError, match="cannot be read: Input/output"),
        reading_from(tmp_path),
    ):
        raise OSError(errno.EIO, "Input/output error")


def test_a_link_laid_beside_a_small_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "x.part").symlink_to("precious")

    with pytest.raises(SpaceError, match="symbolic links") as caught:
        write_atomically(tmp_path / "x", b"one")
    assert "delete it" in caught.value.remedy
    assert (tmp_path / "precious").read_text() == "kept"


def test_what_could_not_be_written_is_not_left(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()

    with pytest.raises(SpaceError, match="directory"):
        write_atomically(tmp_path / "x", b"one")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_many_that_write_one_file_at_once_all_succeed_and_leave_one_whole(tmp_path: Path) -> None:
    texts = [bytes([number]) * (10_000 - number) for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_atomically(tmp_path / "x", text), texts))

    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() in texts
