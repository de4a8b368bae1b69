from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import SpaceError
from cube_airgap.registry.creds_file import read_creds_file
from cube_harbor.robots import NewRobot, Robot
from cube_harbor.secret import Secret, write_login_file

if TYPE_CHECKING:
    from pathlib import Path

SECRET = Secret("s3cr3t: {of} \"many\" 'kinds' #\\")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_shown_by_nothing_but_reveal() -> None:
    robot = NewRobot(Robot(1, "robot$x", None), SECRET)
    shown = f"{SECRET} {SECRET!r} {SECRET!s} {robot} {robot!r} {[SECRET]}"
    assert "s3cr3t" not in shown
    assert SECRET.reveal().startswith("s3cr3t")


def test_a_login_file_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "robot.yaml"
    write_login_file(path, "harbor.example:8443", "robot$p1+load", SECRET)
    login = read_creds_file(path)["harbor.example:8443"]
    assert (login.username, login.password) == ("robot$p1+load", SECRET.reveal())


def test_a_login_file_is_for_its_owner_only_even_where_one_was(tmp_path: Path) -> None:
    path = tmp_path / "robot.yaml"
    path.write_text("old")
    path.chmod(0o644)
    write_login_file(path, "h", "u", SECRET)
    assert mode(path) == 0o600


def test_what_an_interrupted_writing_left_is_not_trusted(tmp_path: Path) -> None:
    left = tmp_path / ".robot.yaml.part"
    left.write_text("old")
    left.chmod(0o666)
    write_login_file(tmp_path / "robot.yaml", "h", "u", SECRET)
    assert mode(tmp_path / "robot.yaml") == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["robot.yaml"]


def test_a_directory_that_is_not_there_is_an_error_without_the_secret(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match="cannot be written") as caught:
        write_login_file(tmp_path / "no" / "robot.yaml", "h", "u", SECRET)
    assert "s3cr3t" not in f"{caught.value!r}{caught.value.remedy}"


def test_a_file_in_the_place_of_the_directory_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpaceError, match=r"cannot be written.*Not a directory"):
        write_login_file(tmp_path / "file" / "robot.yaml", "h", "u", SECRET)
