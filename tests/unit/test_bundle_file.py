from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.bundle_file import BundleFile
from cube_airgap.errors import IntegrityError
from tests.support.bundle_factory import write_volumes

if TYPE_CHECKING:
    from pathlib import Path

DATA = bytes(range(100))


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_volumes(tmp_path_factory.mktemp("volumes"), DATA, 7)


@given(st.integers(0, 120), st.integers(0, 120))
def test_volumes_read_as_one_file(volumes: Path, length: int, offset: int) -> None:
    with BundleFile(volumes) as file:
        assert file.size == len(DATA)
        assert file.pread(length, offset) == DATA[offset : offset + length]


def test_a_whole_file_reads_as_itself(tmp_path: Path) -> None:
    path = tmp_path / "b.tar.zst"
    path.write_bytes(DATA)

    with BundleFile(path) as file:
        assert file.volumes is None
        assert file.pread(10, 95) == DATA[95:]
        assert file.damaged_volumes() == ()


def test_a_volume_of_another_size_is_told_of(tmp_path: Path) -> None:
    path = write_volumes(tmp_path, DATA, 40)
    os.truncate(tmp_path / "b.tar.zst.002", 39)

    with pytest.raises(IntegrityError, match=r"002 has 39 bytes instead of 40") as caught:
        BundleFile(path)
    assert "the others need not" in caught.value.remedy


def test_damaged_volumes_are_named(tmp_path: Path) -> None:
    path = write_volumes(tmp_path, DATA, 40)
    (tmp_path / "b.tar.zst.002").write_bytes(bytes(40))

    with BundleFile(path) as file:
        assert file.damaged_volumes() == ("b.tar.zst.002",)


def test_no_file_stays_open_when_opening_fails(tmp_path: Path) -> None:
    path = write_volumes(tmp_path, DATA, 40)
    os.truncate(tmp_path / "b.tar.zst.003", 3)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - pathlib cannot list it

    with pytest.raises(IntegrityError):
        BundleFile(path)

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_disk_that_does_not_read_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_file: int, _length: int, _offset: int) -> bytes:
        raise OSError(5, "Input/output error")

    path = tmp_path / "b.tar.zst"
    path.write_bytes(DATA)
    with BundleFile(path) as file:
        monkeypatch.setattr(os, "pread", failing)
        with pytest.raises(IntegrityError, match=r"b\.tar\.zst cannot be read: Input/output"):
            file.pread(1, 0)
