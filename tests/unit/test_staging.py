"""Files that are staged whole or not at all."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import IntegrityError, SpaceError
from cube_airgap.staging import staged
from tests.support.small_disk import small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_pieces_are_written_once(tmp_path: Path) -> None:
    target = tmp_path / "new" / "directory" / "file"
    assert staged(target, [b"one", b"two"]) == target
    assert target.read_bytes() == b"onetwo"
    staged(target, _unwanted())
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def _unwanted() -> Iterator[bytes]:
    raise AssertionError("it is there already")
    yield b""


def test_nothing_is_left_of_pieces_that_fail(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"one"
        raise IntegrityError("the pieces are damaged", remedy="none")

    with pytest.raises(IntegrityError, match="the pieces are damaged"):
        staged(tmp_path / "file", failing())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_of_and_cleared(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        with pytest.raises(SpaceError, match="No space left"):
            staged(disk / "file", (bytes(1 << 19) for _ in range(4)))
        assert list(disk.iterdir()) == []


def test_several_threads_share_one_copy(tmp_path: Path) -> None:
    asked: list[int] = []

    def pieces(number: int) -> Iterator[bytes]:
        asked.append(number)
        yield b"content"

    threads = [
        Thread(target=staged, args=(tmp_path / "file", pieces(number))) for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    assert (tmp_path / "file").read_bytes() == b"content"


def test_a_link_laid_beside_the_target_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "file.part").symlink_to("precious")
    with pytest.raises(SpaceError, match="symbolic links"):
        staged(tmp_path / "file", [b"one"])
    assert (tmp_path / "precious").read_text() == "kept"
